# In[1]:

import sys,os
sys.path.append(os.pardir)  # 부모 디렉터리의 파일을 가져올 수 있도록 설정
import numpy as np
from collections import OrderedDict
from common.layers import *
from common.gradient import numerical_gradient

class TwoLayerNet:
    '''2층 신경망 구현'''
    def __init__(self, input_size, 
                 hidden_size, output_size, weight_init_std=0.01):
        '''
        초기화 수행
        Params:
            - input_size: 입력층 뉴런 수
            - hidden_size: 은닉층 뉴런 수
            - output_size: 출력층 뉴런 수
            - weight_init_std: 가중치 초기화 시 정규분포의 스케일
        '''
        # 가중치 초기화
        self.params = {
            'W1': weight_init_std * np.random.randn(input_size, hidden_size),
            'b1': np.zeros(hidden_size),
            'W2': weight_init_std * np.random.randn(hidden_size, output_size),
            'b2': np.zeros(output_size)
        }
        
        # 계층 생성
        self.layers = OrderedDict({
            'Affine1': Affine(self.params['W1'], self.params['b1']),
            'Relu1': Relu(),
            'Affine2': Affine(self.params['W2'], self.params['b2'])
        })
        
        self.last_layer = SoftmaxWithLoss()
        
    
    def predict(self, x):
        '''예측(추론)
            Pararms:
                - x: 이미지 데이터'''
        for layer in self.layers.values():
            x = layer.forward(x)
            
        return x
    
    def loss(self, x, t):
        '''
        손실함수의 값을 계산
        Params:
            - x: 이미지데이터, t: 정답 레이블
        '''
        y = self.predict(x)
        return self.last_layer.forward(y, t)
    
    def accuracy(self, x, t):
        '''
        정확도 계산
        Params:
            - x: 이미지 데이터
            - t: 정답 레이블
        '''
        y = self.predict(x)
        y = np.argmax(y, axis=1)
        if t.ndim != 1:
            t = np.argmax(t, axis=1)
        
        accuracy = np.sum(y==t) / float(x.shape[0])
        return accuracy
    
    
    def numerical_gradient(self, x, t):
        '''
        미분을 통한 가중치 매개변수의 기울기 계산
        Params:
            - x: 이미지 데이터
            - t: 정답 레이블 
        '''
        loss_W = lambda W: self.loss(x, t)
        
        grads = {
            'W1': numerical_gradient(loss_W, self.params['W1']),
            'b1': numerical_gradient(loss_W, self.params['b1']),
            'W2': numerical_gradient(loss_W, self.params['W2']),
            'b2': numerical_gradient(loss_W, self.params['b2'])
        }
        return grads
    
    def gradient(self, x, t):
        # forward
        self.loss(x, t)
        
        # backward
        dout = 1
        dout = self.last_layer.backward(dout)
        
        layers = list(self.layers.values())
        layers.reverse()
        for layer in layers:
            dout = layer.backward(dout)
            
        # 결과 저장
        grads = {
            'W1': self.layers['Affine1'].dW, 'b1': self.layers['Affine1'].db,
            'W2': self.layers['Affine2'].dW, 'b2': self.layers['Affine2'].db
        }
        return grads


# In[2]:

import sys, os
sys.path.append(os.pardir)
import numpy as np
from dataset.mnist import load_mnist

# mnist load
(x_train, t_train), (x_test, t_test) = load_mnist(normalize=True)

network = TwoLayerNet(input_size=28*28, hidden_size=50, output_size=10)

x_batch = x_train[:3]
t_batch = t_train[:3]

grad_numerical = network.numerical_gradient(x_batch, t_batch)
grad_backprop = network.gradient(x_batch, t_batch)

# 각 가중치의 절대 오차의 평균을 구한다.
for key in grad_numerical.keys():
    diff = np.average(np.abs(grad_backprop[key] - grad_numerical[key]))
    print(key,":", str(diff))


# # 어떻게 구동되는지 체크!


# In[36]:

input_size = 28*28; hidden_size=50; output_size=10; weight_init_std=.01;
print(input_size, hidden_size, output_size, weight_init_std)


# In[37]:

W1 = weight_init_std * np.random.randn(input_size, hidden_size)
W1, W1.shape


# In[38]:

b1 = np.zeros(hidden_size)
b1, b1.shape


# In[39]:

W2 = weight_init_std * np.random.randn(hidden_size, output_size)
W2, W2.shape


# In[40]:

b2 = np.zeros(output_size)
b2, b2.shape


# In[41]:

class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b
        
        self.x = None
        self.original_x_shape = None
        # 가중치와 편향 매개변수의 미분
        self.dW = None
        self.db = None

    def forward(self, x):
        # 텐서 대응
        self.original_x_shape = x.shape
        x = x.reshape(x.shape[0], -1)
        self.x = x
        out = np.dot(self.x, self.W) + self.b
        return out

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        dx = dx.reshape(*self.original_x_shape)  # 입력 데이터 모양 변경(텐서 대응)
        return dx


# In[42]:

class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = (x <= 0)
        out = x.copy()
        out[self.mask] = 0

        return out

    def backward(self, dout):
        dout[self.mask] = 0
        dx = dout

        return dx


# In[43]:

def cross_entropy_error(y, t):
    if y.ndim == 1:
        t = t.reshape(1, t.size)
        y = y.reshape(1, y.size)
        
    # 훈련 데이터가 원-핫 벡터라면 정답 레이블의 인덱스로 반환
    if t.size == y.size:
        t = t.argmax(axis=1)
             
    batch_size = y.shape[0]
    return -np.sum(np.log(y[np.arange(batch_size), t] + 1e-7)) / batch_size

def softmax(x):
    if x.ndim == 2:
        x = x.T
        x = x - np.max(x, axis=0)
        y = np.exp(x) / np.sum(np.exp(x), axis=0)
        return y.T 

    x = x - np.max(x) # 오버플로 대책
    return np.exp(x) / np.sum(np.exp(x))

class SoftmaxWithLoss:
    def __init__(self):
        self.loss = None # 손실함수
        self.y = None    # softmax의 출력
        self.t = None    # 정답 레이블(원-핫 인코딩 형태)
        
    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = cross_entropy_error(self.y, self.t)
        
        return self.loss

    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        if self.t.size == self.y.size: # 정답 레이블이 원-핫 인코딩 형태일 때
            dx = (self.y - self.t) / batch_size
        else:
            dx = self.y.copy()
            dx[np.arange(batch_size), self.t] -= 1
            dx = dx / batch_size
        
        return dx


# In[44]:

from collections import OrderedDict
params = {
    'W1':W1, 'b1':b1, 'W2':W2, 'b2':b2
}
layers = OrderedDict(
    {
        'Affine1' : Affine(params['W1'], params['b1']),
        'Relu1' : Relu(),
        'Affine2' : Affine(params['W2'], params['b2'])
    }
)
last_layer = SoftmaxWithLoss()


# In[46]:

layers


# In[47]:

last_layer


# In[48]:

x_train.shape


# In[49]:

x_batch, t_batch, x_batch.shape, t_batch.shape


# In[266]:

# self.loss
## loss_W = lambda W : loss(x,t)
def predict(x):
    for layer in layers.values():
        x = layer.forward(x)
    return x
 
def loss(x, t):
    '''
    손실함수의 값을 계산
    Params:
        - x: 이미지데이터, t: 정답 레이블
    '''
    y = predict(x)
    return last_layer.forward(y, t)


# In[52]:

x_batch.shape, W1.shape


# In[54]:

x_batch.dot(W1).shape


# In[64]:

np.dot(x_batch, W1) + np.arange(50) - np.dot(x_batch, W1) # broadcasting


# In[67]:

x_hidden = np.dot(x_batch, W1) + b1
x_output = np.dot(x_hidden, W2) + b2
x_output, x_output.shape


# In[68]:

y = softmax(x_output)
y, y.shape


# In[71]:

y.sum(axis=1)


# In[73]:

cross_entropy_error(y, t_batch)


# ``` python
# def cross_entropy_error(y, t):
#     if y.ndim == 1:
#         t = t.reshape(1, t.size)
#         y = y.reshape(1, y.size)
#
#     # 훈련 데이터가 원-핫 벡터라면 정답 레이블의 인덱스로 반환
#     if t.size == y.size:
#         t = t.argmax(axis=1)
#
#     batch_size = y.shape[0]
#     return -np.sum(np.log(y[np.arange(batch_size), t] + 1e-7)) / batch_size
# ```


# In[78]:

y.ndim==1, t_batch.size==y.size


# In[80]:

batch_size = y.shape[0]
batch_size


# In[93]:

np.arange(batch_size), t_batch


# In[94]:

y


# In[86]:

y[np.arange(batch_size), t_batch] # fancy index


# In[101]:

error = -np.sum(np.log(y[np.arange(batch_size), t_batch] + 1e-7)) / batch_size
error


# In[315]:

## numerical_gradient(loss_W, params['W1'])
def numerical_gradient(f, x):
    h = 1e-4 # 0.0001
    grad = np.zeros_like(x)
    
    it = np.nditer(x, flags=['multi_index'], op_flags=['readwrite'])
    while not it.finished:
        idx = it.multi_index
        tmp_val = x[idx]
        x[idx] = float(tmp_val) + h
        fxh1 = f(x) # f(x+h)
        
        x[idx] = tmp_val - h 
        fxh2 = f(x) # f(x-h)
        grad[idx] = (fxh1 - fxh2) / (2*h)
        
        x[idx] = tmp_val # 값 복원
        it.iternext()   
        
    return grad


# In[310]:

h = 1e-4
grad = np.zeros_like(W1)
grad.shape


# In[311]:

it = np.nditer(w1, flags=['multi_index'], op_flags=['readwrite'])
it


# In[312]:

loss_W = lambda W : loss(x_batch, t_batch)


# In[313]:

while not it.finished:
    idx = it.multi_index
    tmp_val = W1[idx]
    W1[idx] = float(tmp_val) + h
    fxh1 = loss_W(W1) # f(x+h)

    W1[idx] = tmp_val - h 
    fxh2 = loss_W(w1) # f(x-h)
    grad[idx] = (fxh1 - fxh2) / (2*h)

    W1[idx] = tmp_val # 값 복원
    it.iternext()


# In[314]:

grad.sum()

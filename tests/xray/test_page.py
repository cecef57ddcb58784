"""The page as a file: self-contained, small, well-formed, safe; what a report marks; the drawing."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest
from xray_cases import buy_apple_orange, digits, edge_between, node_named

import backproof
from backproof.findings import Finding, Report
from backproof.layers import Affine

VOID = {"meta", "link", "img", "input", "br"}


class Tags(HTMLParser):
    """Every element closed in the order in which it was opened; ids, links and addresses collected."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.addresses = [], [], [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.append(found["id"])
        if tag in ("a", "image", "link") and "href" in found:
            (self.links if found["href"].startswith("#") else self.addresses).append(found["href"])
        if "src" in found:
            self.addresses.append(found["src"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(page):
    tags = Tags()
    tags.feed(page)
    tags.close()
    return tags


@pytest.fixture(scope="module")
def network_page():
    x, t = digits(100)
    return backproof.xray(backproof.TwoLayerNet(784, 50, 10, seed=0), x, t).to_html()


def test_the_page_of_a_batch_of_digits_is_small_and_needs_nothing_else(network_page):
    assert len(network_page.encode()) < 2_000_000
    without_data = re.sub(r"data:image/png;base64,[^\"]*", "", network_page)
    assert len(without_data.encode()) < 400_000
    tags = read(network_page)
    assert tags.addresses
    assert all(address.startswith("data:") for address in tags.addresses)
    style_and_script = re.sub(r"data:[^\"]*", "", network_page)
    assert not re.search(r"https?://|@import|url\((?!#)", style_and_script)


@pytest.mark.parametrize("make", [buy_apple_orange, lambda: backproof.xray(backproof.MatrixTwoLayerNet(7, 5, 3))])
def test_every_page_is_well_formed_and_its_links_lead_somewhere(make, network_page):
    for page in (make().to_html(), network_page):
        tags = read(page)
        assert tags.open == []
        assert len(tags.ids) == len(set(tags.ids))
        assert {link[1:] for link in tags.links} <= set(tags.ids)


def test_images_and_weight_columns_are_on_the_page(network_page):
    assert "Value as images. The first 60 of 100 images of 28 × 28 pixels." in network_page
    assert (
        "Value: weight columns as pictures. All 50 columns, each laid out as the image it weighs." in network_page
    )
    assert "Each cell is the mean of 1 × 8 entries" in network_page


def test_names_cannot_become_markup():
    network = backproof.Sequential({"<script>alert(1)</script>": Affine(np.ones((3, 2)), np.zeros(2))})
    page = backproof.xray(network, np.ones((2, 3)), np.array([0, 1])).to_html()
    assert "<script>alert" not in page
    read(page)


def test_the_page_and_the_drawing_are_written(tmp_path):
    xray = buy_apple_orange()
    assert xray.to_html(tmp_path / "page.html") == (tmp_path / "page.html").read_text(encoding="utf-8")
    xray.to_svg(str(tmp_path / "drawing.svg"))
    drawing = ET.parse(tmp_path / "drawing.svg").getroot()
    texts = {text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert {"apple", "100", "2.2", "650", "715", "×", "+"} <= texts
    with pytest.raises(OSError, match=r"page\.html"):
        xray.to_html(tmp_path / "missing" / "page.html")


def fault(layer, quantity, kind="backward"):
    return Finding("BP105", kind, layer, quantity, "unknown", f"{quantity} of {layer} is off")


def marked(*findings, network=None):
    network = network or backproof.TwoLayerNet(6, 5, 3, seed=0)
    report = Report("net", "a network", list(findings))
    return backproof.xray(network, np.ones((2, 6)), np.array([0, 1]), report=report)


def test_a_wrong_dx_is_marked_on_its_edge_and_a_wrong_dw_on_its_parameter():
    xray = marked(fault("Relu1", "dx"), fault("Affine2", "dW"))
    assert edge_between(xray, "Affine1", "Relu1").wrong == "gradient"
    assert [p.findings for p in node_named(xray, "Affine2").parameters][1] == []
    assert node_named(xray, "Affine2").parameters[0].findings[0].quantity == "dW"
    assert sum(bool(edge.findings) for edge in xray.graph.edges) == 1
    assert "✗ ‖∇‖" in xray.to_html()
    assert "dx of Relu1 is off" in xray.to_html()


def test_a_wrong_loss_is_marked_as_a_value_and_wiring_on_its_parameter():
    xray = marked(fault("SoftmaxWithLoss", "loss", "forward"), fault("gradient()", "W2"))
    assert edge_between(xray, "SoftmaxWithLoss", "L").wrong == "value"
    assert node_named(xray, "Affine2").parameters[0].findings[0].layer == "gradient()"
    assert next(e for e in xray.to_dict()["edges"] if e["wrong"])["findings"] == ["loss of SoftmaxWithLoss is off"]


def test_notes_and_faults_of_other_layers_mark_nothing():
    xray = marked(fault("Relu1", "dx", "note"), fault("Elsewhere", "dz"))
    assert not any(edge.findings for edge in xray.graph.edges)
    assert [finding.layer for finding in xray.findings] == ["Elsewhere"]


def test_the_json_of_a_check_is_taken_and_anything_else_refused():
    network = backproof.TwoLayerNet(6, 5, 3, seed=0)
    report = Report("net", "a network", [fault("Relu1", "dx")])
    xray = backproof.xray(network, np.ones((2, 6)), np.array([0, 1]), report=report.to_dict())
    assert edge_between(xray, "Affine1", "Relu1").findings[0].code == "BP105"
    for wrong in ({}, {"findings": [{"code": 1}]}, {"findings": 3}, []):
        with pytest.raises(backproof.BackproofError, match="check --format json"):
            backproof.xray(network, np.ones((2, 6)), np.array([0, 1]), report=wrong)


def test_the_check_and_the_xray_fit_together():
    """A real report of a real fault: a ReLU that lets everything back."""

    class Relu(backproof.layers.Relu):
        def backward(self, dout):
            return dout.copy()

    rng = np.random.default_rng(0)
    layers = {"Affine1": Affine(rng.normal(size=(6, 5)), np.zeros(5)), "Relu1": Relu()}
    network = backproof.Sequential({**layers, "Affine2": Affine(rng.normal(size=(5, 3)), np.zeros(3))})
    x, t = rng.normal(size=(4, 6)), np.array([0, 1, 2, 0])
    xray = backproof.xray(network, x, t, report=backproof.check(network, x, t))
    assert edge_between(xray, "Affine1", "Relu1").wrong == "gradient"


def test_in_a_notebook_there_is_a_drawing_without_scripts_and_the_page_in_a_frame():
    xray = buy_apple_orange()
    shown = xray._repr_html_()
    assert read(shown).open == []
    outside_the_frame = re.sub(r'srcdoc="[^"]*"', "", shown)
    assert "<script" not in outside_the_frame
    assert ">715<" in outside_the_frame
    assert xray._repr_html_() != shown  # two on one page share no ids


@pytest.mark.parametrize("layers", [8, 40])
def test_a_deep_network_stays_readable_and_small(layers):
    rng = np.random.default_rng(0)
    deep = [Affine(rng.normal(size=(20, 20)), np.zeros(20)) for _ in range(layers)]
    page = backproof.xray(backproof.Sequential(deep), rng.normal(size=(50, 20)), np.arange(50) % 20).to_html()
    assert read(page).open == []
    assert len(page) < 2_000_000

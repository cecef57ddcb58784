"""The screenshots in docs/images: `python tools/xray_images.py` makes them again (needs Chromium)."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

import backproof
from backproof.layers import AddLayer, MulLayer

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
BACKPROOF = Path(sys.executable).with_name("backproof")


def apple_page(path: Path) -> None:
    """The book's section 5.4."""
    apple, apple_num, orange, orange_num, tax = 100, 2, 150, 3, 1.1
    mul_apple, mul_orange, add_fruit, mul_tax = MulLayer(), MulLayer(), AddLayer(), MulLayer()
    with backproof.watch(mul_apple, mul_orange, add_fruit, mul_tax) as graph:
        apple_price = mul_apple.forward(apple, apple_num)
        orange_price = mul_orange.forward(orange, orange_num)
        all_price = add_fruit.forward(apple_price, orange_price)
        price = mul_tax.forward(all_price, tax)  # noqa: F841 (its name stands in the drawing)
        dall_price, _ = mul_tax.backward(1.0)
        dapple_price, dorange_price = add_fruit.backward(dall_price)
        mul_orange.backward(dorange_price)
        mul_apple.backward(dapple_price)
    graph.to_html(path)


def digits_page(path: Path) -> None:
    """The book's network after two epochs, on a batch of 100 digits."""
    (x, t), _ = data = backproof.datasets.load_mnist(name="mnist-sample", one_hot_label=True)
    network = backproof.TwoLayerNet(784, 50, 10, seed=0)
    trainer = backproof.Trainer(network, data, optimizer=backproof.SGD(learning_rate=0.5), seed=0)
    trainer.fit(iterations=600, progress=False)
    backproof.xray(network, x[:100].astype(np.float64), t[:100]).to_html(path)


def seed_page(path: Path) -> None:
    """A learner's network, with what the check found wrong."""
    seed = ROOT / "tests" / "seeds" / "000.py"
    found = subprocess.run([BACKPROOF, "check", seed, "--format", "json"], capture_output=True, text=True)
    report = path.with_suffix(".json")
    report.write_text(json.dumps(json.loads(found.stdout)), encoding="utf-8")
    subprocess.run([BACKPROOF, "xray", seed, "--report", report, "--out", path], check=True, capture_output=True)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        apple_page(folder / "apple.html")
        digits_page(folder / "digits.html")
        seed_page(folder / "seed.html")
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])

        def take(name: str, image: str, scheme: str, height: int, step: int = 0, hover: str = "") -> None:
            page = chromium.new_page(viewport={"width": 1280, "height": height}, color_scheme=scheme)
            page.goto((folder / f"{name}.html").as_uri())
            for _ in range(step):
                page.click("#xr-step")
            if hover:
                page.locator(f"{hover}:visible").hover(force=True)
            page.mouse.move(1, 1)
            page.wait_for_timeout(500)
            page.screenshot(path=IMAGES / f"{image}.png")

        take("apple", "xray-apple", "light", 930, step=5)
        take("digits", "xray-digits", "dark", 1130, hover='.xr-chip[aria-label^="Parameter W1"]')
        take("seed", "xray-fault", "light", 1120, step=4)
        chromium.close()


if __name__ == "__main__":
    main()

"""The page in Chromium: silent, self-sufficient, accessible; step, play, hover, keyboard and table work."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from xray_cases import buy_apple_orange, digits

import backproof
from backproof.layers import Affine

pytestmark = pytest.mark.browser
SEED = Path(__file__).parents[1] / "seeds" / "000.py"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Files: the book's graph, digits in our network, the learner's own network as the command draws it."""
    folder = tmp_path_factory.mktemp("pages")
    buy_apple_orange().to_html(folder / "apple.html")
    x, t = digits(100)
    backproof.xray(backproof.TwoLayerNet(784, 50, 10, seed=0), x, t).to_html(folder / "digits.html")
    layers = {f"Affine{i}": Affine(np.eye(6), np.zeros(6)) for i in range(12)}
    deep = backproof.xray(backproof.Sequential(layers), np.ones((2, 6)), np.array([0, 5]))
    deep.to_html(folder / "deep.html")
    command = [Path(sys.executable).with_name("backproof"), "xray", SEED, "--out", folder / "seed.html"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def opened(browser, pages):
    """open(name, width, scheme) → the page; whatever it says or asks for fails the test at its end."""
    contexts, said, asked = [], [], []

    def open_page(name, width=1280, scheme="light", **more):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((pages / f"{name}.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert sum(url.startswith("file:") for url in asked) == len(contexts)


def seen(page, selector):
    return page.locator(f"{selector}:visible")


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("digits", 360, "light"),
        ("digits", 1280, "light"),
        ("digits", 1280, "dark"),
        ("digits", 1920, "dark"),
        ("apple", 360, "light"),
        ("apple", 1280, "dark"),
        ("seed", 360, "dark"),
        ("seed", 1920, "light"),
        ("deep", 360, "light"),
        ("deep", 1280, "dark"),
        ("deep", 1920, "light"),
    ],
)
def test_axe_finds_nothing_and_nothing_sticks_out(opened, name, width, scheme):
    page = opened(name, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("#xr-step")
    problems = Axe().run(page).response["violations"]
    page.click("#xr-view-table")
    problems += Axe().run(page).response["violations"]
    assert [(p["id"], p["nodes"][0]["html"][:200]) for p in problems] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_all_of_it_is_there_and_accessible(opened):
    page = opened("apple", java_script_enabled=False)
    assert seen(page, ".xr-detail").count() == 9 + 4
    assert seen(page, ".xr-steps li").count() == 8
    assert seen(page, "#xr-table").count() == 1
    assert seen(page, ".xr-controls").count() == 0


def test_steps_go_forward_and_then_back_with_the_numbers(opened):
    page = opened("apple")
    titles, numbers = [], []
    for _ in range(8):
        page.click("#xr-step")
        assert seen(page, ".xr-steps li").count() == 1
        titles.append(seen(page, ".xr-steps h3").inner_text())
        numbers += seen(page, ".xr-steps .xr-numbers").all_inner_texts()
    assert [title.split()[2] for title in titles] == [
        "mul_apple", "mul_orange", "add_fruit", "mul_tax", "mul_tax", "add_fruit", "mul_orange", "mul_apple",
    ]  # fmt: skip
    assert [title.split()[1] for title in titles] == ["forward"] * 4 + ["backward"] * 4
    assert numbers == [
        "200 = 100 · 2", "450 = 150 · 3", "650 = 200 + 450", "715 = 650 · 1.1", "1.1 = 1 · 1.1", "650 = 1 · 650",
        "1.1 = 1.1 · 1", "1.1 = 1.1 · 1", "3.3 = 1.1 · 3", "165 = 1.1 · 150", "2.2 = 1.1 · 2", "110 = 1.1 · 100",
    ]  # fmt: skip
    assert page.is_disabled("#xr-step")
    page.click("#xr-back")
    assert "mul_orange" in seen(page, ".xr-steps h3").inner_text()
    assert "7 of 8" in page.inner_text("#xr-count")


def opacity(page, title, kind):
    """How visible the number of an edge is, by its accessible name."""
    text = seen(page, f'.xr-edge[aria-label^="Edge {title},"]').locator(f".xr-{kind}-text")
    return float(text.evaluate("e => getComputedStyle(e).opacity"))


def test_numbers_appear_as_they_are_computed(opened):
    page = opened("apple", reduced_motion="reduce")
    page.click("#xr-step")
    assert opacity(page, "apple → mul_apple", "value") == 1
    assert opacity(page, "mul_apple → add_fruit", "value") == 1
    assert opacity(page, "mul_orange → add_fruit", "value") < 0.5
    assert opacity(page, "apple → mul_apple", "gradient") < 0.5
    for _ in range(4):
        page.click("#xr-step")
    assert opacity(page, "mul_tax → price", "gradient") == 1
    assert opacity(page, "tax → mul_tax", "gradient") == 1
    assert opacity(page, "mul_apple → add_fruit", "gradient") < 0.5


def test_play_walks_by_itself_until_paused(opened):
    page = opened("apple")
    page.clock.install()
    page.click("#xr-play")
    assert "Pause" in page.inner_text("#xr-play")
    page.clock.run_for(3700)
    assert page.inner_text("#xr-count") == "3 of 8"
    page.click("#xr-play")
    page.clock.run_for(5000)
    assert page.inner_text("#xr-count") == "3 of 8"
    page.click("#xr-play")
    page.clock.run_for(60_000)
    assert page.inner_text("#xr-count") == "8 of 8"
    assert "Play" in page.inner_text("#xr-play")


def test_the_slider_and_the_list_jump(opened):
    page = opened("apple")
    page.click("[data-step='5']")
    assert page.inner_text("#xr-count") == "5 of 8"
    page.focus("#xr-range")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#xr-range", "aria-valuetext") == "6 of 8: add_fruit, backward"
    page.keyboard.press("Home")
    assert page.inner_text("#xr-count") == "all"


def test_hovering_an_edge_shows_heat_map_histogram_and_numbers(opened):
    page = opened("digits")
    seen(page, '.xr-edge[aria-label^="Edge Affine1 → Relu1"]').hover(force=True)
    detail = seen(page, ".xr-detail")
    assert detail.locator("h3").inner_text() == "Affine1 → Relu1"
    assert detail.locator("figure img[alt*='heat map']").count() == 2
    assert detail.locator("figure svg.xr-histogram").count() == 2
    assert "float64" in detail.inner_text()
    assert detail.locator("dt").all_inner_texts()[:4] == ["min", "mean", "max", "norm"]
    for image in detail.locator("img").all():
        assert image.evaluate("e => e.complete && e.naturalWidth > 1")


def test_images_and_weights_are_pictures(opened):
    page = opened("digits")
    seen(page, '.xr-edge[aria-label^="Edge x → Affine1"]').hover(force=True)
    assert seen(page, ".xr-detail img[alt*='28 × 28 pixels']").count() == 2
    seen(page, '.xr-chip[aria-label^="Parameter W1"]').hover()
    assert seen(page, ".xr-detail img[alt*='weight columns']").count() == 2
    assert "Gradient to weight" in seen(page, ".xr-detail").inner_text()


def test_the_rule_of_a_layer_carries_its_shapes(opened):
    page = opened("digits")
    seen(page, '.xr-node[aria-label^="Layer Affine1"]').hover()
    formulas = seen(page, ".xr-detail").locator("math")
    assert formulas.count() == 4
    assert "784 × 50" in formulas.nth(0).text_content()
    assert formulas.nth(0).bounding_box()["height"] > 20


def test_a_click_holds_and_escape_lets_go(opened):
    page = opened("digits")
    seen(page, '.xr-edge[aria-label^="Edge Affine1 → Relu1"]').click(force=True)
    seen(page, '.xr-node[aria-label^="Layer Affine2"]').hover()
    assert seen(page, ".xr-detail h3").inner_text() == "Affine1 → Relu1"
    page.keyboard.press("Escape")
    seen(page, '.xr-node[aria-label^="Layer Affine1"]').hover()
    assert seen(page, ".xr-detail h3").inner_text() == "Affine1"


def test_everything_can_be_reached_by_keyboard(opened):
    page = opened("apple")
    wanted = {"step back", "Play", "step on", "Drawing", "Table", "Edge", "Operation"}
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(e => e === document.body ? '' : e.ariaLabel || e.textContent)(document.activeElement)"
        )
        reached |= {word for word in wanted if word in name}
    assert reached == wanted - {"step back"}  # it is off at the beginning


def test_arrows_walk_the_graph_and_a_focused_edge_is_shown(opened):
    page = opened("apple")
    edges = seen(page, ".xr-edge")
    edges.nth(0).focus()
    assert seen(page, ".xr-detail h3").inner_text() == "apple → mul_apple"
    page.keyboard.press("ArrowRight")
    assert seen(page, ".xr-detail h3").inner_text() == "apple_num → mul_apple"
    assert seen(page, ".xr-detail .xr-big").all_inner_texts() == ["2", "110"]
    page.keyboard.press("Enter")
    assert "Held: apple_num" in page.inner_text("#xr-status")


def test_the_table_view_has_the_numbers_of_the_drawing(opened):
    page = opened("apple")
    assert seen(page, "#xr-table").count() == 0
    page.click("#xr-view-table")
    assert page.get_attribute("#xr-view-table", "aria-pressed") == "true"
    assert seen(page, ".xr-graph").count() == 0
    rows = seen(page, "#xr-table tbody tr").all_inner_texts()
    assert [re.split(r"\t+", row) for row in rows[:4]] == [
        ["apple → mul_apple", "value", "100"],
        ["apple → mul_apple", "gradient", "2.2"],
        ["apple_num → mul_apple", "value", "2"],
        ["apple_num → mul_apple", "gradient", "110"],
    ]
    page.click("#xr-view-drawing")
    assert seen(page, ".xr-graph").count() == 1


def test_a_screen_reader_hears_the_step(opened):
    page = opened("apple")
    page.click("#xr-step")
    assert page.get_attribute("#xr-status", "role") == "status"
    assert "mul_apple makes apple_price = 200" in page.inner_text("#xr-status")


def test_narrow_and_wide_pages_have_their_own_drawing(opened):
    assert "xr-down" in seen(opened("digits", 360), ".xr-graph").get_attribute("class")
    assert "xr-right" in seen(opened("digits", 1920), ".xr-graph").get_attribute("class")


def in_view(page, selector):
    return page.locator(f"{selector}:visible").evaluate(
        """e => { const a = e.getBoundingClientRect(), b = e.closest(".xr-scroll").getBoundingClientRect();
                  return a.top >= b.top && a.bottom <= b.bottom && a.left >= b.left && a.right <= b.right; }"""
    )


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_a_long_network_stands_upright_and_follows_the_steps(opened, width):
    page = opened("deep", width, reduced_motion="reduce")
    assert "xr-down" in seen(page, ".xr-graph").get_attribute("class") or width == 800
    for _ in range(12):
        page.click("#xr-step")
        assert in_view(page, ".xr-node.xr-now")
    assert page.locator(".xr-node.xr-now:visible").get_attribute("aria-label").startswith("Layer Affine11")


def test_inside_is_never_empty_and_comes_into_view_when_asked_for(opened):
    page = opened("digits", 360, has_touch=True)
    assert seen(page, ".xr-detail h3").inner_text() == "x → Affine1"
    seen(page, '.xr-node[aria-label^="Layer Relu1"]').tap()
    assert seen(page, ".xr-detail h3").inner_text() == "Relu1 · held, Escape lets go"[:5]
    top = seen(page, ".xr-detail h3").evaluate("e => e.getBoundingClientRect().top")
    assert 0 <= top < 900


def test_the_buttons_stay_at_hand_on_a_small_screen(opened):
    page = opened("apple", 360)
    page.click("#xr-step")
    seen(page, ".xr-steps .xr-rule").scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    page.wait_for_function("document.getElementById('xr-step').getBoundingClientRect().top >= 0")
    page.click("#xr-step")
    assert page.inner_text("#xr-count") == "2 of 8"


def test_on_paper_there_is_everything_and_no_button(opened):
    page = opened("apple", scheme="dark")
    page.emulate_media(media="print")
    inks = page.evaluate("getComputedStyle(document.body).getPropertyValue('--xr-ink')")
    assert inks.strip() == "#1a2230"  # dark on the white of the paper, whatever the screen has
    assert seen(page, ".xr-detail").count() == 13
    assert seen(page, "#xr-table").count() == 1
    assert seen(page, "button").count() == 0


def test_with_less_motion_wanted_nothing_glides(opened):
    page = opened("apple", reduced_motion="reduce")
    page.click("#xr-step")
    durations = page.locator(".xr-graph *").evaluate_all(
        "all => all.map(e => getComputedStyle(e).transitionDuration)"
    )
    assert set(durations) == {"0s"}


def test_the_wrong_rule_of_the_learner_is_said(opened):
    page = opened("seed")
    page.click("[data-step='4']")
    assert "The rule gives L = " in seen(page, ".xr-steps .xr-warning").inner_text()


def test_a_drawing_alone_opens_in_the_browser(browser, tmp_path):
    buy_apple_orange().to_svg(tmp_path / "apple.svg")
    page = browser.new_page(viewport={"width": 1000, "height": 500})
    page.goto((tmp_path / "apple.svg").as_uri())
    assert page.evaluate("document.documentElement.getBoundingClientRect().width") > 500
    colours = page.locator(".xr-value-text").evaluate_all("all => all.map(e => getComputedStyle(e).fill)")
    assert set(colours) == {"rgb(11, 92, 173)"}
    page.close()


def test_saved_notebooks_show_it(browser, tmp_path):
    """A notebook executed with nbclient and saved as HTML: the drawing stands in it, the frame steps."""
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    code = (
        "import numpy as np, backproof\n"
        "network = backproof.TwoLayerNet(6, 5, 3, seed=0)\n"
        "backproof.xray(network, np.ones((2, 6)), np.array([0, 2]))"
    )
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code), nbformat.v4.new_code_cell("network")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    NotebookClient(notebook, timeout=60).execute()
    body, _ = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="").from_notebook_node(notebook)
    (tmp_path / "notebook.html").write_text(body, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto((tmp_path / "notebook.html").as_uri())
    drawn = page.locator(".xr-fragment .xr-graph")
    assert drawn.count() == 2
    assert drawn.nth(0).bounding_box()["width"] > 400
    assert "Affine1" in drawn.nth(0).text_content()
    assert "2 × 6" in drawn.nth(0).text_content()
    page.click("text=Step through it")
    frame = page.frame_locator(".xr-fragment iframe")
    frame.locator("#xr-step").click()
    assert frame.locator("#xr-count").inner_text() == "1 of 8"
    page.close()


def test_nan_is_seen(browser, tmp_path):
    x = np.ones((3, 6))
    x[0, 0] = np.nan
    backproof.xray(backproof.TwoLayerNet(6, 5, 3, seed=0), x, np.array([0, 1, 2])).to_html(tmp_path / "nan.html")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((tmp_path / "nan.html").as_uri())
    assert "3 × 6 NaN" in page.locator(".xr-value-text:visible").all_text_contents()
    assert "The input x holds 1 NaN among 18 entries." in page.inner_text(".xr-out")
    page.close()

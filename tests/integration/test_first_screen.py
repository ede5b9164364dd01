"""The whole answer stands on the first screen of notebook 2, in a real browser, in two templates."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
REPORT = Path(__file__).parents[2] / "notebooks" / "2_label_efficiency.ipynb"
WIDTH, HEIGHT = 1280, 900
END = """
const outputs = document.querySelectorAll('.jp-RenderedMarkdown, .output_markdown');
const answer = [...outputs].find(output => output.innerText.trim().startsWith('Use '));
return [answer.getBoundingClientRect().bottom + window.scrollY, answer.innerText];
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="there is no chromium with its chromedriver"),
]
webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location, options.page_load_strategy = BROWSER, "eager"
    for option in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"):
        options.add_argument(f"--{option}")
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    screen = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    yield driver
    driver.quit()


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_the_answer_ends_on_the_first_screen(browser, tmp_path, template):
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--template", template, str(REPORT)]
    subprocess.run([*command, "--output-dir", str(tmp_path)], check=True, capture_output=True)
    browser.get((tmp_path / f"{REPORT.stem}.html").as_uri())
    end, text = browser.execute_script(END)
    print(f"{template}: the answer ends at pixel {end:.0f}")
    assert end <= HEIGHT
    for part in ("labelled at random", "Elsewhere", "What can hurt", "Why trust it", "90% accuracy"):
        assert part in text

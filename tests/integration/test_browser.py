"""Labelling in a real browser, in JupyterLab and Notebook 7: by key and click, and the kernel restarted."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

import al_helpers as al

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
ROOT = Path(__file__).parents[2]
TOKEN = "labelling-test"
CELL = "import al_helpers as al\nal.label('my.csv', label_column='topic', n=10)"
PATIENCE = 300  # seconds
PAGES = {"jupyterlab": "/lab/tree/label.ipynb", "notebook": "/notebooks/label.ipynb"}  # module -> page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="there is no chromium with its chromedriver"),
]
webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
pytest.importorskip("anywidget", reason="anywidget is not installed")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def folder(tmp_path):
    """A folder with a table and a notebook of one cell."""
    rng = np.random.default_rng(0)
    words = [
        "parcel late\nplease trace it",
        "card charged twice",
        "<b>screen</b> broken \u202e",
        "退款 password",
    ]
    frame = pd.DataFrame({"message": rng.choice(words, 60), "price": rng.integers(1, 99, 60)})
    frame["message"] += [f" {i}" for i in range(60)]
    frame["topic"] = ["delivery", "refund", "<i>other</i>"] * 2 + [""] * 54
    frame.to_csv(tmp_path / "my.csv", index=False)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)], metadata=kernel)
    nbformat.write(notebook, tmp_path / "label.ipynb")
    return tmp_path


@pytest.fixture(params=PAGES)
def lab(folder, request):
    """The address of a JupyterLab, or a Notebook 7, that serves the folder, and of its notebook's page."""
    pytest.importorskip(request.param)
    port = free_port()
    options = [f"--port={port}", f"--IdentityProvider.token={TOKEN}", "--no-browser", "--allow-root"]
    options += ["--expose-app-in-browser", f"--ServerApp.root_dir={folder}", "--ServerApp.port_retries=0"]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    env |= {"JUPYTER_CONFIG_DIR": str(folder / "config"), "IPYTHONDIR": str(folder / "ipython")}
    with open(folder / "lab.log", "w") as log:
        command = [sys.executable, "-m", request.param, *options]
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: ask(address, "/api/status"), (folder / "lab.log").read_text)
        yield address, f"{address}{PAGES[request.param]}?token={TOKEN}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def browser(folder):
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for option in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"):
        options.add_argument(f"--{option}")
    options.add_argument("--window-size=1200,900")
    options.add_argument(f"--user-data-dir={folder / 'browser'}")
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def ask(address, path, method="GET"):
    request = urllib.request.Request(
        address + path, method=method, headers={"Authorization": f"token {TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")


def wait_for(found, why=lambda: ""):
    """What a function finds at last."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(Exception):
            if result := found():
                return result
        time.sleep(0.1)
    raise AssertionError(f"nothing came within {PATIENCE} s: {why()}")


def run_cell(browser, lab):
    """Run the notebook's cell, as soon as Jupyter shows it and its kernel waits for work."""
    opened = (
        "return document.querySelector('.jp-Notebook .jp-Cell') !== null && window.jupyterapp !== undefined"
    )
    wait_for(lambda: browser.execute_script(opened))
    wait_for(lambda: ask(lab, "/api/kernels")[0]["execution_state"] == "idle")
    browser.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def line_of(browser):
    return browser.execute_script("return document.querySelector('.alc [role=status]')?.textContent")


def press(browser, keys):
    """Press keys in the labelling cell."""
    browser.find_element("css selector", ".alc").send_keys(keys)


def expect(browser, text):
    """Wait until the cell's line begins so."""
    shown = "return document.querySelector('.jp-Notebook').innerText.slice(0, 2000)"
    found = lambda: (line_of(browser) or "").startswith(text)  # noqa: E731
    wait_for(found, lambda: f"{text!r} in {browser.execute_script(shown)!r}")


UNNAMED = """
return [...document.querySelectorAll('.alc button, .alc input, .alc canvas, .alc img')]
  .filter(x => !(x.getAttribute('aria-label') || x.getAttribute('alt') || '').trim()).map(x => x.outerHTML)
"""
FOCUSED = """
const focused = document.activeElement, style = getComputedStyle(focused);
return [focused.textContent, style.outlineStyle, parseFloat(style.outlineWidth)]
"""


def check_access(browser):
    """Every control has a name to be read out; Tab walks through all buttons, and each shows its focus."""
    assert browser.execute_script(UNNAMED) == []
    names = browser.execute_script(
        "return [...document.querySelectorAll('.alc button')].map(x => x.textContent)"
    )
    browser.find_element("css selector", ".alc").send_keys("")
    browser.execute_script("document.querySelector('.alc').focus()")
    walked = []
    for _ in names:
        webdriver.ActionChains(browser).send_keys(Keys.TAB).perform()
        name, line, width = browser.execute_script(FOCUSED)
        assert line == "solid" and width >= 2
        walked.append(name)
    assert walked == names


def test_rows_labelled_by_key_and_click_are_in_the_log_though_the_kernel_is_restarted(lab, browser, folder):
    lab, page = lab
    browser.get(page)
    run_cell(browser, lab)
    expect(browser, "Row 1 of 10, 0 saved")
    names = ["<i>other</i>", "delivery", "refund"]
    texts = browser.execute_script(
        "return [...document.querySelectorAll('.alc .classes span')].map(x => x.textContent)"
    )
    assert texts == names and not browser.execute_script(
        "return document.querySelectorAll('.alc i, .alc b').length"
    )
    check_access(browser)
    for at, key in enumerate("213"):
        press(browser, key)
        expect(browser, f"Row {at + 2} of 10, {at + 1} saved")
    browser.find_elements("css selector", ".alc .classes button")[1].click()
    expect(browser, "Row 5 of 10, 4 saved")
    press(browser, "s")
    expect(browser, "Row 6 of 10, 5 saved")
    press(browser, "z")
    expect(browser, "Row 5 of 10, 4 saved")
    if shot := os.environ.get("LABELLING_SCREENSHOT"):
        browser.save_screenshot(shot)
    (kernel,) = ask(lab, "/api/kernels")
    ask(lab, f"/api/kernels/{kernel['id']}/restart", "POST")
    browser.get(f"{page}&reset")
    run_cell(browser, lab)
    expect(browser, "Row 5 of 10, 4 saved")
    for at, key in enumerate("12312"):
        press(browser, key)
        expect(browser, f"Row {at + 6} of 10, {at + 5} saved")
    press(browser, "u")
    expect(browser, "10 of 10 rows are done")
    log = al.LabelLog(folder / "my.csv.labels.csv")
    said = log.events().query("event != 'suggested'")
    pressed = [names[int(key) - 1] for key in "2132"]
    again = [names[int(key) - 1] for key in "12312"]
    assert said["label"].tolist() == [*pressed, "", "", *again, ""]
    assert said["event"].tolist()[4:6] == ["skipped", "undone"] and said["event"].iloc[-1] == "unsure"
    assert len(log.labels()) == 9
    press(browser, "n")
    expect(browser, "Row 1 of 10, 0 saved")

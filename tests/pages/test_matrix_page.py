"""The page of ``pysession matrix`` as a person meets it: in a browser, with eyes, a mouse and a keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from pysession.findings import Verdict
from pysession.readers.releases import releases
from pysession.report import matrix_html
from pysession.report.matrix_legend import LETTERS
from pysession.verbs.matrix import Matrix, Selection, matrices
from tests import matrices as made_up
from tests.pages.browsing import address, look

SCENARIOS = 70


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of made up recordings."""
    root = made_up.folder(tmp_path_factory.mktemp("fixtures"))
    return written(tmp_path_factory, matrix_html.render(matrices((), Selection(writers=("*",)), root)))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the recordings that the package ships."""
    return written(tmp_path_factory, matrix_html.render(matrices()))


def written(folders: pytest.TempPathFactory, text: str) -> Path:
    file = folders.mktemp("page") / "matrix.html"
    file.write_text(text, "utf-8")
    return file


def at(browser: Chrome, id: str) -> WebElement:
    return browser.find_element(By.ID, id)


def texts(browser: Chrome, selector: str) -> list[str]:
    script = (
        "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText.replace(/\\s+/g, ' ').trim())"
    )
    found: list[str] = browser.execute_script(script, selector)
    return found


def table(browser: Chrome) -> list[list[str]]:
    """The rows of the grid, each its cells as shown."""
    found: list[list[str]] = browser.execute_script(
        "return [...document.querySelectorAll('#grid tbody tr')].map((row) => [...row.cells].slice(1).map((cell) => cell.innerText))"
    )
    return found


def row_names(browser: Chrome) -> list[list[str]]:
    script = "return [...document.querySelectorAll('#grid tbody th')].map((each) => each.title.split(', '))"
    found: list[list[str]] = browser.execute_script(script)
    return found


def column_names(browser: Chrome) -> list[list[str]]:
    script = "return [...document.querySelectorAll('#grid thead th[title]')].map((each) => each.title.split(', '))"
    found: list[list[str]] = browser.execute_script(script)
    return found


def cell(browser: Chrome, row: int, column: int) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, f"#grid tbody tr:nth-child({row + 1}) td:nth-child({column + 2})")


def type_into(browser: Chrome, id: str, text: str) -> None:
    at(browser, id).send_keys(text)


def press(browser: Chrome, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def focused(browser: Chrome) -> str:
    found: str = browser.execute_script(
        "return document.activeElement.getAttribute('aria-label') || document.activeElement.id"
    )
    return found


def style(browser: Chrome, element: WebElement, name: str) -> str:
    found: str = browser.execute_script("return getComputedStyle(arguments[0])[arguments[1]]", element, name)
    return found


# What is seen


def test_the_heat_map_has_a_letter_and_a_number_in_each_cell(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    assert row_names(browser) == [["python@1.20.0", "python@1.21.0"], ["python@1.22.0"], ["hostile"]]
    assert column_names(browser) == [["python@1.20.0", "python@1.21.0"], ["python@1.22.0"]]
    assert table(browser) == [["I", "N1"], ["R1", "I!"], ["R", "·"]]


def test_each_release_has_its_row_and_column_when_wanted(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    at(browser, "grouped").click()
    assert table(browser) == [["I", "I", "N"], ["I", "I", "N"], ["R", "R", "I!"], ["R", "R", "·"]]


def test_the_rows_can_be_scenarios(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    browser.find_element(By.CSS_SELECTOR, "input[value=scenarios]").click()
    assert row_names(browser) == [["approval"], ["deep"], ["text"], ["tool_call"]]
    assert table(browser) == [["L", "I!"], ["R", "·"], ["I", "I"], ["R1", "N1"]]


def test_upgrades_and_rollbacks_are_told_apart(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    assert texts(browser, ".direction") == [
        "Rollback: an older release reads 25.0 % rejected, 25.0 % lossy of 8 readings, once for each writer",
        "The release that wrote it reads nothing lost of 7 readings, once for each writer",
        "Upgrade: a newer release reads nothing lost of 6 readings, once for each writer",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_verdict_has_its_own_colour_and_its_letter_can_be_read_on_it(
    browser: Chrome, shipped: Path, scheme: str
) -> None:
    look(browser, scheme=scheme)
    browser.get(address(shipped))
    drawn = browser.execute_script(
        """
        const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
        const rgb = (color) => {
          canvas.fillStyle = color;
          canvas.fillRect(0, 0, 1, 1);
          return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const cell = document.querySelector("#grid td");
        const names = [...document.querySelectorAll(".verdict .mark + span")].map((each) => each.innerText);
        return names.flatMap((name) => [1, 2, 3].map((share) => {
          cell.className = `${name} share-${share}`;
          const { color, backgroundColor } = getComputedStyle(cell);
          return [name, rgb(color), rgb(backgroundColor)];
        }));
        """
    )
    grounds = {tuple(ground): name for name, _, ground in drawn}
    assert set(grounds.values()) == {verdict.value for verdict in Verdict if not verdict.worse_than(Verdict.REJECTED)}
    assert {(name, contrast(ink, ground)) for name, ink, ground in drawn if contrast(ink, ground) < 4.5} == set()


def contrast(one: list[int], other: list[int]) -> float:
    """The contrast ratio of two sRGB colours (WCAG 2.2; 4.5 is enough for text)."""

    def luminance(color: list[int]) -> float:
        parts = (part / 255 for part in color)
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_dark_and_light_follow_the_system_until_one_is_chosen_and_that_is_remembered(
    browser: Chrome, page: Path
) -> None:
    def is_dark() -> bool:
        return contrast(json.loads(ground().replace("rgb(", "[").replace(")", "]")), [0, 0, 0]) < 2

    def ground() -> str:
        return style(browser, browser.find_element(By.TAG_NAME, "body"), "backgroundColor")

    look(browser, scheme="dark")
    browser.get(address(page))
    assert is_dark()
    at(browser, "theme").click()
    assert not is_dark()
    browser.refresh()
    assert not is_dark()
    at(browser, "theme").click()
    look(browser, scheme="light")
    assert is_dark()


def test_on_paper_there_are_the_map_in_light_colours_and_no_controls(browser: Chrome, page: Path) -> None:
    look(browser, scheme="dark", medium="print")
    browser.get(address(page))
    assert style(browser, browser.find_element(By.TAG_NAME, "html"), "colorScheme") == "light"
    assert not at(browser, "controls").is_displayed()
    assert not at(browser, "theme").is_displayed()
    assert table(browser)[1] == ["R1", "I!"]
    assert style(browser, cell(browser, 1, 0), "printColorAdjust") == "exact"


# A cell in full


def test_a_click_shows_documents_verdicts_and_the_first_difference(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    cell(browser, 1, 0).click()
    assert texts(browser, "#details h2") == ["1.22.0 read by 1.20.0 – 1.21.0"]
    assert texts(browser, "#details h3") == ["R rejected: 1 document", "L lossy: 1 document", "I identical: 1 document"]
    (refused, lossy, kept) = texts(browser, "#details .case:not(.quiet)")
    assert "at load ValueError caused by TypeError" in refused
    assert r"unexpected keyword argument 'hosted' </script><b>\x1b[2J" in refused
    assert "the run ends with an exception" in refused
    assert "golden/python/1.22.0/call.json" in refused
    assert "first difference /state/a~1b changes and 1 more place" in lossy
    assert "golden/python/1.20.0/text.json" in kept


def test_what_the_next_run_does_worse_stands_out(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    cell(browser, 1, 1).click()
    assert texts(browser, "#details strong") == ["! the model sees fewer messages than are stored"]
    first = texts(browser, "#details .case")[0]
    assert "golden/python/1.22.0/approval.json" in first


def test_a_cell_says_how_its_reader_was_recorded(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    cell(browser, 1, 0).click()
    assert texts(browser, "#details .case.quiet p")[0] == "python@1.20.0 was recorded on 2026-11-25 with python 3.11.7."


def test_a_cell_of_nothing_opens_nothing(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    cell(browser, 1, 0).click()
    cell(browser, 2, 1).click()
    assert not at(browser, "details").is_displayed()


def test_an_open_cell_stays_open_while_it_is_there(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    cell(browser, 1, 0).click()
    type_into(browser, "writers", "1.22")
    assert texts(browser, "#details h2") == ["1.22.0 read by 1.20.0 – 1.21.0"]
    at(browser, "writers").clear()
    type_into(browser, "writers", "1.20")
    assert not at(browser, "details").is_displayed()


# What is shown


def test_scenarios_are_found_by_a_part_of_their_name(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    type_into(browser, "scenario", "appr")
    assert row_names(browser) == [["python@1.22.0"]]
    assert table(browser) == [["L", "I!"]]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("1.21.0", ["python@1.21.0"]),
        ("1.2*", ["python@1.20.0", "python@1.21.0", "python@1.22.0"]),
        ("*.20.0, host", ["python@1.20.0", "hostile"]),
        ("PYTHON@1.22.0", ["python@1.22.0"]),
    ],
)
def test_writers_are_found_by_name_by_beginning_and_by_pattern(
    browser: Chrome, page: Path, typed: str, found: list[str]
) -> None:
    browser.get(address(page))
    type_into(browser, "writers", typed)
    assert [name for names in row_names(browser) for name in names] == found


def test_readers_are_found_likewise(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    type_into(browser, "readers", "1.22")
    assert column_names(browser) == [["python@1.22.0"]]


def test_verdicts_are_chosen_and_the_rest_is_blank(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    browser.find_element(By.CSS_SELECTOR, ".verdict:nth-child(4)").click()
    assert table(browser) == [["·", "·"], ["L1", "·"], ["·", "·"]]
    browser.find_element(By.CSS_SELECTOR, ".verdict:nth-child(6)").click()
    assert table(browser) == [["·", "·"], ["R1", "·"], ["R", "·"]]
    cell(browser, 1, 0).click()
    assert texts(browser, "#details h3") == ["R rejected: 1 document", "L lossy: 1 document"]
    at(browser, "reset").click()
    assert table(browser) == [["I", "N1"], ["R1", "I!"], ["R", "·"]]


def test_the_next_run_can_be_counted_in(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    at(browser, "nextTurn").click()
    assert table(browser)[1] == ["R1", "S1"]


def test_previews_can_be_left_out(browser: Chrome, shipped: Path) -> None:
    browser.get(address(shipped, family="python", grouped="false"))
    at(browser, "finals").click()
    names = [name for names in column_names(browser) for name in names]
    assert (names[0], names[-1]) == ("python@1.0.0", "python@1.23.0")
    assert not any("rc" in name or "preview" in name for names in row_names(browser) for name in names)


def test_scenarios_without_the_verdict_that_is_looked_for_are_left_out(browser: Chrome, page: Path) -> None:
    browser.get(address(page, rows="scenarios", verdicts="rejected"))
    assert row_names(browser) == [["deep"], ["tool_call"]]


def test_another_family_is_one_click_away(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    type_into(browser, "writers", "1.22")
    browser.find_element(By.CSS_SELECTOR, "input[value=dotnet]").click()
    assert row_names(browser) == [["dotnet@1.17.0"]]
    assert at(browser, "writers").get_attribute("value") == ""


def test_a_filter_that_matches_nothing_says_so(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    type_into(browser, "readers", "9.9")
    assert at(browser, "nothing").is_displayed()
    assert not at(browser, "grid").is_displayed()
    assert at(browser, "readers").get_attribute("aria-invalid") == "true"
    at(browser, "reset").click()
    assert at(browser, "grid").is_displayed()


def test_a_page_of_nothing_says_so(browser: Chrome, tmp_path: Path) -> None:
    file = tmp_path / "matrix.html"
    file.write_text(matrix_html.render(()), "utf-8")
    browser.get(address(file))
    assert at(browser, "nothing").is_displayed()
    assert not at(browser, "controls").is_displayed()
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def test_the_address_leads_to_the_same_view(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    type_into(browser, "scenario", "call")
    at(browser, "grouped").click()
    cell(browser, 2, 1).click()
    before = (table(browser), texts(browser, "#details h2"))
    assert before[1] == ["1.22.0 read by 1.21.0"]
    link = browser.current_url
    browser.get("about:blank")
    browser.get(link)
    assert (table(browser), texts(browser, "#details h2")) == before


# With the keyboard


def test_arrows_home_and_end_move_in_the_grid_and_stop_at_its_edges(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    browser.execute_script("document.querySelector('#grid [tabindex=\"0\"]').focus()")
    assert focused(browser).startswith(
        "written by 1.20.0 – 1.21.0, read by 1.20.0 – 1.21.0: identical 2 of 2 documents"
    )
    press(browser, Keys.ARROW_UP, Keys.ARROW_LEFT)
    assert focused(browser).startswith("written by 1.20.0 – 1.21.0, read by 1.20.0")
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert focused(browser) == "written by 1.22.0, read by 1.22.0: identical 3 of 3 documents; the next run is worse"
    press(browser, Keys.HOME)
    assert focused(browser).startswith("written by 1.22.0, read by 1.20.0")
    press(browser, Keys.END, Keys.PAGE_DOWN)
    assert focused(browser) == "written by hostile, read by 1.22.0: nothing recorded or selected"


def test_the_tab_key_comes_to_one_cell_and_the_focus_is_seen(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    assert len(browser.find_elements(By.CSS_SELECTOR, '#grid [tabindex="0"]')) == 1
    browser.find_element(By.CSS_SELECTOR, ".verdict:last-child").send_keys(Keys.TAB)
    assert focused(browser).startswith("written by")
    assert style(browser, browser.switch_to.active_element, "outlineStyle") == "solid"
    press(browser, Keys.ARROW_DOWN)
    assert browser.switch_to.active_element.get_attribute("tabindex") == "0"
    assert len(browser.find_elements(By.CSS_SELECTOR, '#grid [tabindex="0"]')) == 1


def test_enter_opens_a_cell_and_escape_comes_back_to_it(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    browser.execute_script("document.querySelector('#grid [tabindex=\"0\"]').focus()")
    press(browser, Keys.ARROW_DOWN, Keys.ENTER)
    assert focused(browser) == "details"
    press(browser, Keys.TAB)
    assert focused(browser) == "Close"
    press(browser, Keys.ESCAPE)
    assert not at(browser, "details").is_displayed()
    assert focused(browser).startswith("written by 1.22.0, read by 1.20.0")


def test_a_screen_reader_is_told_what_everything_is(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]}
    assert ("grid", "python: writers by readers") in roles
    assert ("columnheader", "1.20.0 – 1.21.0") in roles
    assert ("rowheader", "1.22.0 3") in roles
    assert ("gridcell", "written by 1.20.0 – 1.21.0, read by 1.22.0: normalised 1 of 2 documents, identical 1") in roles
    unnamed = [role for role, name in roles if role in {"button", "radio", "checkbox", "searchbox"} and not name]
    assert unnamed == []


# What it is made of


def test_nothing_is_loaded_from_anywhere_and_nothing_is_complained_about(browser: Chrome, shipped: Path) -> None:
    browser.get(address(shipped))
    cell(browser, 0, 0).click()
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    assert asked == {shipped.as_uri()}


def test_the_policy_of_the_page_holds(browser: Chrome, page: Path) -> None:
    browser.get(address(page))
    stopped = browser.execute_async_script(
        """
        const [done] = arguments;
        const stopped = [];
        document.addEventListener("securitypolicyviolation", (event) => stopped.push(event.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "document.title = 'changed'";
        const image = document.createElement("img");
        image.src = "https://example.invalid/";
        document.body.append(script, image);
        fetch("https://example.invalid/").catch(() => setTimeout(() => done([...new Set(stopped)].sort()), 100));
        """
    )
    assert stopped == ["connect-src", "img-src", "script-src-elem"]
    assert browser.title == "Session matrix: python, dotnet"


def test_without_scripts_there_is_the_text(browser: Chrome, page: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(address(page))
    assert "written by      documents" in browser.find_element(By.CSS_SELECTOR, "noscript pre").text


@pytest.mark.parametrize("grouped", ["true", "false"])
def test_the_page_says_of_the_shipped_recordings_what_the_library_says(
    browser: Chrome, shipped: Path, grouped: str
) -> None:
    for matrix in matrices():
        browser.get("about:blank")
        browser.get(address(shipped, family=matrix.family, grouped=grouped))
        rows = matrix.writer_classes if grouped == "true" else [(writer,) for writer in matrix.writers]
        columns = matrix.reader_classes if grouped == "true" else [(reader,) for reader in matrix.reader_names]
        assert row_names(browser) == [list(group) for group in rows]
        assert column_names(browser) == [list(group) for group in columns]
        assert letters(browser) == [[letter(matrix, row, column) for column in columns] for row in rows]


def letters(browser: Chrome) -> list[list[str]]:
    return [
        ["".join(sign for sign in shown if sign.isalpha() or sign in "!·") for shown in row] for row in table(browser)
    ]


def letter(matrix: Matrix, row: tuple[str, ...], column: tuple[str, ...]) -> str:
    cell = matrix.cell(row, column[0])
    return "·" if cell.worst is None else LETTERS[cell.worst] + ("!" if cell.next_turn_is_worse else "")


def test_42_releases_with_70_scenarios_are_drawn_without_a_wait(
    browser: Chrome, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = releases("dotnet")
    fixtures = {
        f"golden/dotnet/{writer.partition('@')[2]}/s{scenario}.json": (f"s{scenario}", [writer])
        for writer in names
        for scenario in range(SCENARIOS)
    }
    kinds = (made_up.IDENTICAL, made_up.EXTENDED, made_up.LOSSY, made_up.REFUSED)
    cells = {
        path: [kinds[(row + column) % len(kinds)] for column in range(len(names))] for row, path in enumerate(fixtures)
    }
    made_up.write_manifest(tmp_path, fixtures)
    made_up.write_recording(tmp_path, "dotnet", [name.partition("@")[2] for name in names], cells)
    browser.get(address(written(tmp_path_factory, matrix_html.render(matrices(root=tmp_path), merged=False))))
    assert [len(row) for row in table(browser)] == [42] * 42
    spent: float = browser.execute_script(
        """
        const field = document.getElementById("scenario");
        const times = ["s1", "", "s2", "", "s3", ""].map((text) => {
          const begun = performance.now();
          field.value = text;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          document.getElementById("grid").offsetWidth;
          return performance.now() - begun;
        });
        return Math.min(...times);
        """
    )
    # Measured: 70 milliseconds on two cores, each with four other programs on it. People notice from about 100 on.
    assert spent < 500

"""Let `dvc plots` draw without a network: `python tools/plots.py`, once in a clone.

Its pages fetch Vega from a server. The libraries that come with vl-convert, two megabytes that are
not committed, go into a template in .dvc/tmp, and .dvc/config.local, which is nobody else's, names
it: without this, `dvc plots` works as ever.
"""

import subprocess
from pathlib import Path

import vl_convert

TEMPLATE = Path(".dvc/tmp/plots.html")
# Charts name the version of Vega-Lite that DVC's own pages fetch; this one draws them alike, but
# would warn of each that it is newer.
START = "window.vegaEmbed = (place, { $schema, ...chart }) => vegaEmbed(place, chart);"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{refresh_tag}
<title>jepatlas: plots</title>
<script>%s</script>
<style>
body { font-family: sans-serif; }
img { max-width: 100%%; }
div:has(> div + div) > div > img { max-width: 46vw; }  /* both revisions in sight */
.vega-bindings { padding: 4px 0 0 40px; font-size: 13px; }
</style>
</head>
<body>
{plot_divs}
</body>
</html>
"""


def main() -> None:
    bundle = vl_convert.javascript_bundle(START)
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_text(PAGE % bundle.replace("</script", "<\\/script"), encoding="utf-8")
    place = TEMPLATE.relative_to(".dvc").as_posix()  # DVC looks from its own folder
    subprocess.run(["dvc", "config", "--local", "plots.html_template", place], check=True)


if __name__ == "__main__":
    main()

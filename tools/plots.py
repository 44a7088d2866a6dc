"""Let `dvc plots` draw without a network: `python tools/plots.py`, once in a clone.

Its pages fetch Vega from a server. The libraries that come with vl-convert, two megabytes that are
not committed, go into a template in .dvc/tmp, and .dvc/config.local, which is nobody else's, names
it: without this, `dvc plots` works as ever.
"""

import subprocess
from pathlib import Path

import vl_convert

TEMPLATE = Path(".dvc/tmp/plots.html")
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
</style>
</head>
<body>
{plot_divs}
</body>
</html>
"""


def main() -> None:
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_text(PAGE % bundle.replace("</script", "<\\/script"), encoding="utf-8")
    place = TEMPLATE.relative_to(".dvc").as_posix()  # DVC looks from its own folder
    subprocess.run(["dvc", "config", "--local", "plots.html_template", place], check=True)


if __name__ == "__main__":
    main()

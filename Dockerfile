# A small machine that makes editions: everything from the pinned, hashed lock, nothing running as root, nothing listening.
# Its steps were run one by one on Debian; no image was ever built where this was made: see docs/running/laptops.md.
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 10001 analyst
WORKDIR /srv/storyboard
ENV PYTHONUTF8=1 DO_NOT_TRACK=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH="/srv/storyboard/.venv/bin:$PATH"

COPY requirements/ requirements/
RUN python -m venv .venv \
 && pip install --no-cache-dir --require-hashes -r requirements/installer.txt \
 && uv pip install --no-cache --compile-bytecode --require-hashes -r requirements/run.txt

COPY --chown=analyst . .
RUN uv pip install --no-cache --compile-bytecode --no-deps --no-build-isolation -e . \
 && mkdir -p data output dbt_project/target && chown -R analyst data output dbt_project .

USER analyst
RUN python -m pipelines.setting_up
VOLUME ["/srv/storyboard/data", "/srv/storyboard/output"]
ENTRYPOINT ["storyboard"]
CMD ["doctor"]

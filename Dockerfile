# syntax=docker/dockerfile:1

# The image serves and scores, on SQLite or PostgreSQL; one that can also train:  docker build --build-arg REQUIREMENTS=train .
FROM python:3.13-slim AS build
ARG REQUIREMENTS=serve
WORKDIR /build

# Packages first, the source after: a change in the code does not fetch them again. All is compiled to bytecode here:
# a container that may not write would compile it anew at every start.
COPY requirements/ requirements/
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/build.txt \
    && uv venv --python "$(command -v python)" /leadloop \
    && uv pip install --no-cache --compile-bytecode --python /leadloop/bin/python --require-hashes --only-binary :all: \
       -r "requirements/${REQUIREMENTS}.txt"

COPY pyproject.toml README.md LICENSE ./
COPY src/ src/
RUN uv build --wheel --no-build-isolation --python "$(command -v python)" --out-dir dist \
    && uv pip install --no-cache --compile-bytecode --python /leadloop/bin/python --no-deps dist/*.whl


FROM python:3.13-slim
ARG REQUIREMENTS=serve

# LightGBM, which only training needs, expects the OpenMP runtime from the system.
RUN if [ "$REQUIREMENTS" = train ]; then \
        apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*; \
    fi \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin leadloop \
    && install --directory --owner leadloop --group leadloop /workspace

COPY --from=build /leadloop /leadloop
ENV PATH="/leadloop/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib

USER leadloop
WORKDIR /workspace
VOLUME /workspace

# No HEALTHCHECK: most commands run and end. `leadloop serve` is asked for /livez, as compose.yaml does.
ENTRYPOINT ["leadloop"]
CMD ["--help"]

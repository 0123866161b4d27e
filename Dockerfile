# Build: the wheel brings its stubs along, so the second stage needs no compiler.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py constraints.txt README.md ./
COPY proto proto
COPY client client
COPY server server
RUN python -m venv /opt/nearhit \
    && /opt/nearhit/bin/pip install --no-cache-dir --constraint constraints.txt ".[server]"

FROM python:3.11-slim
RUN useradd --system --create-home --uid 10001 nearhit \
    && install --directory --owner nearhit /var/lib/nearhit
COPY --from=build /opt/nearhit /opt/nearhit
ENV PATH=/opt/nearhit/bin:$PATH \
    NEARHIT_GRPC=0.0.0.0:50051 \
    NEARHIT_DATA_DIR=/var/lib/nearhit \
    NEARHIT_LOG_FORMAT=json
USER nearhit
VOLUME /var/lib/nearhit
EXPOSE 50051
ENTRYPOINT ["nearhit"]
CMD ["serve"]

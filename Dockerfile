# A sandbox OMS with everything that it needs; compose.yaml runs it beside a PostgreSQL.
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 oms
WORKDIR /home/oms
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY oms_ccxt_async ./oms_ccxt_async
COPY oms_ccxt_pro ./oms_ccxt_pro
COPY examples ./examples
RUN pip install --no-cache-dir --constraint constraints.txt ".[sandbox,cli,postgres]"

USER oms
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["oms-ccxt", "sandbox", "--host", "0.0.0.0"]

# docker build --tag spiral-lab . && docker run --publish 8501:8501 --volume spiral-lab:/data spiral-lab
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    SPIRAL_LAB_STORE=/data/runs.sqlite \
    SPIRAL_LAB_LOG=info \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost

WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt --constraint constraints.txt \
 && useradd --system --uid 10001 --no-create-home lab \
 && install --directory --owner lab /data

COPY app.py ./
COPY .streamlit .streamlit
COPY spiral_core spiral_core
COPY pages pages
COPY server server
RUN python -m compileall -q app.py spiral_core server pages

USER lab
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; base = os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/'); \
r.urlopen('http://localhost:8501/' + base + '/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "app.py"]

"""What stands between the network and Streamlit: origins, cookies, plotly.js."""

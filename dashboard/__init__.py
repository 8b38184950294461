"""The Streamlit app: reads through the store, computes nothing."""

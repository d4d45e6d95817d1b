// @ts-check
/* Fetches the charts' script. Streamlit sends this with each chart, and the script itself would be a hundred times as long. */
const address = new URL("CHART_ADDRESS", document.baseURI).href;
const TRIES = 4;

/** @param {number} tries @returns {Promise<any>} */
async function fetched(tries = 1) {
  try {
    return await import(tries === 1 ? address : `${address}&try=${tries}`); // a browser may remember that an address failed
  } catch (error) {
    if (tries === TRIES) throw error;
    await new Promise((resolve) => setTimeout(resolve, 500 * tries));
    return fetched(tries + 1);
  }
}

const { default: chart } = await fetched();
export default chart;

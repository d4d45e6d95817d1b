/* Asks the server now and then whether there is something new in the class; a page runs only when there is. */

let timer;

export default function ({ data, setTriggerValue }) {
  clearInterval(timer);
  let told = ""; // the news that the server was told of last, and how often it has been asked since
  let since = 0;
  const ask = async () => {
    let news;
    try {
      const answer = await fetch(data.address, { cache: "no-store" });
      if (!answer.ok) return; // the server is busy, or starts again
      news = await answer.text();
    } catch {
      return;
    }
    since += 1;
    if (news === data.known || (news === told && since < 6)) return;
    if (news === told) document.dispatchEvent(new Event("lab-unheard")); // a server that was away knows no part of the page
    else setTriggerValue("news", news);
    told = news;
    since = 0;
  };
  timer = setInterval(ask, data.every);
  return () => clearInterval(timer);
}

// Asking the sandbox again and again, as long as somebody looks.

const EACH = 1000;

/** What `ask` returns when there is nothing more to ask for. */
export const STOP = Symbol("stop");

/**
 * Run `ask` now and then each second while the page is visible; one run ends before the next starts.
 * @param {() => Promise<unknown>} ask
 * @param {HTMLElement} sign where it says whether what is shown is current
 * @returns {() => Promise<void>} runs `ask` at once
 */
export function poll(ask, sign) {
  let timer = 0;
  let running = null;
  let over = false;

  async function run() {
    try {
      over = (await ask()) === STOP;
      show(sign, over ? "over" : "live", over ? "Ended" : "Live");
    } catch (error) {
      show(sign, "lost", "Connection lost, trying again");
      if (error.name !== "Error") {
        console.error(error);
      }
    }
  }

  function again() {
    clearTimeout(timer);
    running ??= run().finally(() => {
      running = null;
      if (!document.hidden && !over) {
        timer = setTimeout(again, EACH);
      }
    });
    return running;
  }

  document.addEventListener("visibilitychange", () => {
    if (over) {
      return;
    }
    if (document.hidden) {
      clearTimeout(timer);
      show(sign, "paused", "Paused");
    } else {
      again();
    }
  });
  again();
  return again;
}

function show(sign, state, text) {
  sign.dataset.state = state;
  if (sign.textContent !== text) {
    sign.textContent = text;
  }
}

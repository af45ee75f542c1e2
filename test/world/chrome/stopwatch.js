// How long things take and how long the window stands still meanwhile. Runs inside Thunderbird, for the benchmarks.

const now = () => mainWindow().performance.now();
/** The same moment, in the milliseconds that all processes count alike. */
const onTheClock = () => mainWindow().performance.timeOrigin + now();

/** Does `work` and gives its time and result, and the longest time in which the main process did nothing else. */
async function timed(work) {
  let running = true;
  let stall = 0;
  const beat = (async () => {
    while (running) {
      const before = now();
      await sleep(5);
      stall = Math.max(stall, now() - before - 5);
    }
  })();
  const start = now();
  try {
    const result = await work();
    return { time: now() - start, stall, result };
  } finally {
    running = false;
    await beat;
  }
}

/**
 * Goes into every document of a message: says when the probe, a function of its window, holds for the first time, and
 * when something was painted for the first time. It waits for changes instead of asking again and again, which would take
 * time from what is measured.
 */
const watcher = (key, probe) => `{
  const holds = ${probe};
  const watch = (window) => {
    const began = () => window.performance.timeOrigin;
    let done = false;
    const tell = (shown) => {
      // an opened mail is painted in the add-on's frame
      const inside = window.document.querySelector("iframe#listseal-page")?.contentWindow ?? window;
      const paint = inside.performance.getEntriesByName("first-contentful-paint")[0];
      if (!paint && shown.tries++ < 200) return window.setTimeout(() => tell(shown), 10);
      const painted = paint ? inside.performance.timeOrigin + paint.startTime : null;
      sendAsyncMessage(${JSON.stringify(key)}, { shown: shown.at, painted });
    };
    const look = () => {
      if (done || !window.document.documentElement || !holds(window)) return;
      done = true;
      observer.disconnect();
      tell({ at: began() + window.performance.now(), tries: 0 });
    };
    const observer = new window.MutationObserver(look);
    observer.observe(window.document, { childList: true, subtree: true, attributes: true });
    window.document.addEventListener("readystatechange", look);
  };
  const listener = ({ target }) => {
    if (target.defaultView === content && !/^about:|^chrome:/.test(target.location?.href ?? "about:")) watch(content);
  };
  addEventListener("DOMDocElementInserted", listener, true);
  addMessageListener(${JSON.stringify(`${key}-over`)}, () => removeEventListener("DOMDocElementInserted", listener, true));
}`;

/**
 * From selecting the message of this Message-ID until the probe says that it is shown.
 * Gives milliseconds from the click: until it is shown, until something is painted; and the longest stall.
 */
export async function clickToShown(messageId, probe, patience) {
  const pane = threePane();
  const view = pane.gDBView;
  const rows = Array.from({ length: view.rowCount }, (_, row) => row);
  const row = rows.find((each) => view.getMsgHdrAt(each).messageId === messageId);
  if (row === undefined) throw new Error(`no message ${messageId} among ${rows.length}`);
  pane.threadTree.selectedIndex = -1;
  pane.threadTree.scrollToIndex(row, true);
  await waitFor("no message to be shown", () => {
    const browser = mainWindow()
      .document.getElementById("tabmail")
      .currentAboutMessage?.getMessagePaneBrowser();
    return !browser?.currentURI || browser.currentURI.spec.startsWith("about:");
  });
  return shownAfter(probe, patience, messageId, () => {
    pane.threadTree.selectedIndex = row;
  });
}

/** Milliseconds from what `start` does until the probe holds in a document that came after it. */
async function shownAfter(probe, patience, what, start) {
  const key = `listseal-bench-${Math.random()}`;
  const source = `data:application/javascript;charset=utf-8,${encodeURIComponent(watcher(key, probe))}`;
  const { mm } = Services;
  let tell;
  const told = new Promise((resolve) => {
    tell = ({ data }) => resolve(data);
  });
  mm.addMessageListener(key, tell);
  mm.loadFrameScript(source, true);
  await sleep(500);
  try {
    const began = onTheClock();
    const { stall, result } = await timed(() => {
      start();
      const late = sleep(patience).then(() => {
        throw new Error(`waited in vain for ${what}`);
      });
      return Promise.race([told, late]);
    });
    const painted = result.painted === null ? null : result.painted - began;
    return { time: result.shown - began, painted, stall };
  } finally {
    mm.removeDelayedFrameScript(source);
    mm.removeMessageListener(key, tell);
    mm.broadcastAsyncMessage(`${key}-over`);
  }
}

/**
 * Ends the add-on's event page and loads the page in the front tab anew: milliseconds until the probe, a function of its window,
 * holds there. Everything that either had in memory is gone.
 */
export async function reloadToShown(addonId, probe, patience) {
  const { browser } = mainWindow().document.getElementById("tabmail").currentTabInfo;
  await WebExtensionPolicy.getByID(addonId).extension.terminateBackground({
    ignoreDevToolsAttached: true,
    disableResetIdleForTest: true,
  });
  return shownAfter(probe, patience, browser.currentURI.spec, () => browser.reload());
}

/** From now on notes how long the main process stands still. */
export async function beginStall() {
  const window = mainWindow();
  window.listsealStall = { running: true, longest: 0 };
  (async () => {
    const { listsealStall } = window;
    while (listsealStall.running) {
      const before = now();
      await sleep(5);
      listsealStall.longest = Math.max(listsealStall.longest, now() - before - 5);
    }
  })();
}

/** The longest time, in milliseconds, since {@link beginStall} or the last look; `isOver` ends it. */
export async function longestStall(isOver) {
  const { listsealStall } = mainWindow();
  const { longest } = listsealStall;
  listsealStall.longest = 0;
  listsealStall.running = !isOver;
  return longest;
}

const addonProcess = async () => {
  const { children } = await ChromeUtils.requestProcInfo();
  const found = children.find(({ type }) => type === "extension");
  if (!found) throw new Error("no process of add-ons");
  return found;
};

/** Octets of memory that the process of the add-on's pages has for itself, after what is garbage was collected. */
export async function memoryOfAddons() {
  Services.obs.notifyObservers(null, "child-gc-request");
  Services.obs.notifyObservers(null, "child-cc-request");
  await sleep(3000);
  return (await addonProcess()).memory;
}

/** Milliseconds of processor time that the process of the add-on's pages and its workers has used. */
export async function workOfAddons() {
  return (await addonProcess()).cpuTime / 1_000_000;
}

/** Scrolls through the open folder, a page at a time, each painted before the next. */
export async function scroll() {
  const { threadTree, gDBView } = threePane();
  const page = Math.max(1, threadTree.getLastVisibleIndex() - threadTree.getFirstVisibleIndex());
  threadTree.scrollToIndex(0, true);
  await sleep(300);
  return timed(async () => {
    for (let row = 0; row < gDBView.rowCount; row += page) {
      threadTree.scrollToIndex(row, true);
      await new Promise((resolve) => mainWindow().requestAnimationFrame(resolve));
    }
  });
}

/** Starts a sleeping add-on's event page. */
export async function startBackground(addonId) {
  const { extension } = WebExtensionPolicy.getByID(addonId);
  await extension.terminateBackground();
  await sleep(500);
  return timed(() => extension.wakeupBackground());
}

/** Switches an add-on off, or on again, as a person does in the list of add-ons; its event page then sleeps. */
export async function switchAddon(addonId, on) {
  const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
  const addon = await AddonManager.getAddonByID(addonId);
  if (on) await addon.enable();
  else await addon.disable();
  await sleep(1500);
  if (on) await WebExtensionPolicy.getByID(addonId).extension.terminateBackground();
  await sleep(500);
}

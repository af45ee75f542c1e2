// How long things take and how long the window stands still meanwhile. Runs inside Thunderbird, for the benchmarks.

const now = () => mainWindow().performance.now();

/** Does `work` and gives its time, and the longest time in which the main process did nothing else. */
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
    await work();
  } finally {
    running = false;
  }
  const time = now() - start;
  await beat;
  return { time, stall };
}

/** From selecting the message of this Message-ID until the probe, a function of its window, says that it is shown. */
export async function clickToShown(messageId, probe, patience) {
  const pane = threePane();
  const view = pane.gDBView;
  const rows = Array.from({ length: view.rowCount }, (_, row) => row);
  const row = rows.find((each) => view.getMsgHdrAt(each).messageId === messageId);
  if (row === undefined) throw new Error(`no message ${messageId} among ${rows.length}`);
  const loaded = () => {
    const message = shownIn(mainWindow());
    return message?.currentURI && !message.currentURI.spec.startsWith("about:") ? message : undefined;
  };
  pane.threadTree.selectedIndex = -1;
  pane.threadTree.scrollToIndex(row, true);
  await waitFor("no message to be shown", () => loaded() === undefined);
  await sleep(500);
  return timed(async () => {
    pane.threadTree.selectedIndex = row;
    const end = now() + patience;
    for (;;) {
      const message = loaded();
      // a browser that changes its process while it is asked never answers
      if (message && (await inBrowser(message, probe, [], 2000).catch(() => false))) return;
      if (now() > end) throw new Error(`waited in vain for ${messageId}`);
      await sleep(5);
    }
  });
}

/** Scrolls through the open folder, a page at a time, each painted before the next. */
export async function scroll() {
  const { threadTree, gDBView } = threePane();
  const page = Math.max(1, threadTree.getLastVisibleIndex() - threadTree.getFirstVisibleIndex());
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

function shownIn(window) {
  return window.document.getElementById("tabmail").currentAboutMessage?.getMessagePaneBrowser();
}

// Shows each time of a page in the reader's own zone; its title keeps what the page said.

const LOCAL = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});

for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = time.textContent;
  time.textContent = LOCAL.format(new Date(time.dateTime));
}

// Lines for curl name the service's public address; a reader who sees it elsewhere gets the address that they see.
for (const line of document.querySelectorAll(".app-curl")) {
  line.textContent = line.textContent.replace(/https?:\/\/[^/\s'"]+(?:\/[^\s'"?]*?)?(?=\/(?:v1|sparql|reconcile|ims|catalog|\.well-known|graphs|health|ready|metrics|align)\b)/, location.origin);
}

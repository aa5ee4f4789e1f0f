# A frame waits for the only node that it has not failed on, and that one is busy: meanwhile every other frame
# of the step that becomes due goes to whoever is idle.
anna connects slots 1 & ben connects slots 1 & cleo connects slots 1
submit J: simulate frames 1-5 retries 5 no-output
anna ends 1.1 with crash
ben proves 2 of 1.2 & ben ends 1.2 well
ben proves 5 of 1.5 & ben ends 1.5 well
after 2s                       # ben takes 1, and fails on it too
ben ends 1.6 with crash
after 4s                       # only cleo may take 1 now
anna ends 1.4 with crash       # ben may take 4 in two seconds
after 2s

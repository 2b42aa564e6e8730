// SIGTERM and SIGINT as a question that a loop asks: a run then saves a checkpoint and leaves.
#pragma once

// From here on the signals end nothing by themselves. A stop that was asked for before is forgotten.
void watch_for_stop();

bool stop_is_asked();

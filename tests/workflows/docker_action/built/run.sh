#!/bin/sh
echo "arguments are $*"
echo "$FROM_STEP and $FROM_ACTION env"
echo "answer=from the action" >> "$GITHUB_OUTPUT"
echo made > made-by-action
case $PATH in *sqnc*) ;; *) echo "PATH is the image's" ;; esac

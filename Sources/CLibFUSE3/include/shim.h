#pragma once
// fuse_lowlevel.h needs the API version before it is included; a bare system library target
// cannot define it.
#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

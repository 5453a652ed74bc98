/* linkage.h - the public headers have C linkage for hosts in C++. A header between these two is a
 * public one: `make install-lib` installs it, and it must compile as C99 and as C++ with nothing of
 * BearSSL's in reach. */
#ifndef TLS_LINKAGE_H
#define TLS_LINKAGE_H

#ifdef __cplusplus
#define TLS_PUBLIC_BEGIN extern "C" {
#define TLS_PUBLIC_END }
#else
#define TLS_PUBLIC_BEGIN
#define TLS_PUBLIC_END
#endif

#endif

/* curve_point.h - is a point on its curve? For public keys that are only read. */
#ifndef TLS_CURVE_POINT_H
#define TLS_CURVE_POINT_H

#include "base/bytes.h"

/* tls_curve_has_point returns 1 if `point` (uncompressed: 04 X Y) is a point of the group
 * (TLS_GROUP_SECP256R1, ..384r1, ..521r1), both coordinates below its prime. All of these curves
 * have cofactor 1, so nothing else can be wrong with it. Not constant-time: public keys are public.
 */
int tls_curve_has_point(int group, tls_bytes point);

#endif

/* hostile13_keys.h - more self-signed certificates for localhost, valid for a century, made with
 * openssl ecparam/req: one of P-384, and one whose key usage is keyAgreement alone. They protect
 * nothing. */
#ifndef HOSTILE13_KEYS_H
#define HOSTILE13_KEYS_H

static const char p384_key[] = "-----BEGIN EC PRIVATE KEY-----\n"
                               "MIGkAgEBBDCLK7bY+mFbHcHjCGTGWbDIdMNBB0Gr9opyMYmBE/CaPZRp8NFBVuEj\n"
                               "YW0DhTPFHGKgBwYFK4EEACKhZANiAATc12mALQfnk7BIokHSysSIFXWd+XjybYSA\n"
                               "f1ENI0UfSLofkTcJv2Akjw3YUBpUMJ/lMkIdIekKRyYSNTYgAjK5Br9TEpFiDD08\n"
                               "33JiODYTFTA6Um3pawcIMqyOK8YPDa4=\n"
                               "-----END EC PRIVATE KEY-----\n";

static const char p384_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB2jCCAWCgAwIBAgIUTHa0Go4jWe9oCG5MJCJNHQGnzcQwCgYIKoZIzj0EAwMw\n"
    "GDEWMBQGA1UEAwwNbG9jYWxob3N0LTM4NDAgFw0yNjExMjUyMjM3NThaGA8yMTI2\n"
    "MTEwMTIyMzc1OFowGDEWMBQGA1UEAwwNbG9jYWxob3N0LTM4NDB2MBAGByqGSM49\n"
    "AgEGBSuBBAAiA2IABNzXaYAtB+eTsEiiQdLKxIgVdZ35ePJthIB/UQ0jRR9Iuh+R\n"
    "Nwm/YCSPDdhQGlQwn+UyQh0h6QpHJhI1NiACMrkGv1MSkWIMPTzfcmI4NhMVMDpS\n"
    "belrBwgyrI4rxg8NrqNpMGcwHQYDVR0OBBYEFPe5pNPk/eDNenEl95FEyP1p8OnA\n"
    "MB8GA1UdIwQYMBaAFPe5pNPk/eDNenEl95FEyP1p8OnAMA8GA1UdEwEB/wQFMAMB\n"
    "Af8wFAYDVR0RBA0wC4IJbG9jYWxob3N0MAoGCCqGSM49BAMDA2gAMGUCMFedoRKN\n"
    "jKiCM/BJalwf82CnuybCmm7iivV0h+UOCOqHG+xfk4zFXcbO/Sv/bajHvgIxANHs\n"
    "E1IXumWsQgg36yGpewMCpxqlfCZAe0AVtEigCHnu9pHvBUxsrxjqgoc5l6co6g==\n"
    "-----END CERTIFICATE-----\n";

static const char agreement_key[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIGSe4uErSxhw1cWHrnfHFdJz+dMC/DT8V6F6JbLFjwxFoAoGCCqGSM49\n"
    "AwEHoUQDQgAEov436sv/9wmuXj5erHL16SwRs0xESBbiPLYerSQFQ3CCPNHH5RvS\n"
    "02i4U640EyBXl0WbFK51glenTxwQuLqV9Q==\n"
    "-----END EC PRIVATE KEY-----\n";

static const char agreement_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBsTCCAVegAwIBAgIUBuXDKwEE+xMxZBn1AUsvvyJ+qW4wCgYIKoZIzj0EAwIw\n"
    "GjEYMBYGA1UEAwwPbG9jYWxob3N0LWFncmVlMCAXDTI2MTEyNTIyMzc1OFoYDzIx\n"
    "MjYxMTAxMjIzNzU4WjAaMRgwFgYDVQQDDA9sb2NhbGhvc3QtYWdyZWUwWTATBgcq\n"
    "hkjOPQIBBggqhkjOPQMBBwNCAASi/jfqy//3Ca5ePl6scvXpLBGzTERIFuI8th6t\n"
    "JAVDcII80cflG9LTaLhTrjQTIFeXRZsUrnWCV6dPHBC4upX1o3kwdzAdBgNVHQ4E\n"
    "FgQUu/xi8Tmj3WJJrV2p/BoMbkuH/dgwHwYDVR0jBBgwFoAUu/xi8Tmj3WJJrV2p\n"
    "/BoMbkuH/dgwDwYDVR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3Qw\n"
    "DgYDVR0PAQH/BAQDAgMIMAoGCCqGSM49BAMCA0gAMEUCIQC/+NLycI6qmVIbllcr\n"
    "bzdP3hz+cjySwQuwaFNfSMhPZgIgVVmT8x0pZrfggvQ33x5m3Pkh3tSg/luwZvpm\n"
    "bkBUICg=\n"
    "-----END CERTIFICATE-----\n";

#endif

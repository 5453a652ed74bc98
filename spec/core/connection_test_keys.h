/* connection_test_keys.h - a self-signed certificate of each kind for connection_test.c, valid for
 * a century, made with openssl ecparam/req. They protect nothing. */
#ifndef CONNECTION_TEST_KEYS_H
#define CONNECTION_TEST_KEYS_H

static const char ec_key[] = "-----BEGIN EC PRIVATE KEY-----\n"
                             "MHcCAQEEIDcbHwAJ4s8ywStgMcOXVbeXH6BUCBwG9yf5Esbr8xBjoAoGCCqGSM49\n"
                             "AwEHoUQDQgAEKRVZwsT8ReXu3yV1YOg8/KPOiScb3KVbAkZW3JBSySDIbe40BBN4\n"
                             "T8idqY4J+V6FWpxlgLHQJtSO5tFqxJ5duA==\n"
                             "-----END EC PRIVATE KEY-----\n";

static const char ec_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBlTCCATugAwIBAgIUK/76huzqc0y1GRg9t4C/uHx9XGEwCgYIKoZIzj0EAwIw\n"
    "FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTAzNDM1OFoYDzIxMjYxMDI4\n"
    "MDM0MzU4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO\n"
    "PQMBBwNCAAQpFVnCxPxF5e7fJXVg6Dz8o86JJxvcpVsCRlbckFLJIMht7jQEE3hP\n"
    "yJ2pjgn5XoVanGWAsdAm1I7m0WrEnl24o2kwZzAdBgNVHQ4EFgQUZ0FbdSIlDTQM\n"
    "9K53YjFL2MmY8vQwHwYDVR0jBBgwFoAUZ0FbdSIlDTQM9K53YjFL2MmY8vQwDwYD\n"
    "VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID\n"
    "SAAwRQIhAKTyAnnA4QyN7iwz8A7lxtqtaSWQ6RpTxuwWi1lMEFFGAiAD8+rAFMrv\n"
    "8KHlZiwyjTD57MvlP0lj9Bb/j3h91EtYCA==\n"
    "-----END CERTIFICATE-----\n";

static const char rsa_key[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDlwab5kTkBpCEA\n"
                              "eIQZWgRpcPqpefeyJWACx6NnYr5j7Bl92/NNddcb6NyUY3PeYkHYbubJ7kTRbyHK\n"
                              "y+58fS1s9LcVy/AD+kVEnN5B2fE8VK0OV0dCKCwOyYoOxLConHVdwFcrZA7OPmv0\n"
                              "k5Xks1RNeI2gUCJck+525gg3KI+yj+AUk6kUtB07pHl5TmKBSFSdrd8CXgkg7rCx\n"
                              "aaVPwNnRc8ZrKyyfLBzM0QJvWg0Jed4WRfPDKqbMCAMlXmEnU1mt5uEek2vqpsn3\n"
                              "Yu52nqZw8GgRZpZtUmcIdMJSzTL91VO2C+hYzTVnJS0b0mGPiBb7lfTYidNpoSd5\n"
                              "KC8JQCl7AgMBAAECggEAAKHk4QqkyeoXBA20bERUcOPbjailHkgFuK/K/LzOrMtm\n"
                              "vQFyl5rvJweuOKNzcLH7w2oF19LHkkSr/BWGnXdwS2dQXesMLJP2RhHLzNDvXeIz\n"
                              "VqGZpY5b+SFV4hzbQvVTu9Ga/ZiHaMrrTbTegs7O44olITTjtDZO6nJPT5ccmiTT\n"
                              "kY6ucRNVMowaKRTAvDFyAaprwLyvWjjyk85GNurj556AkQQQ41ZphLEotmpOxA8I\n"
                              "HaJa8eSGjRgUHJjUuvmIEuCJGYBJL/8OfXGmKFnnCrts8IVcULJ495uweFg76N6E\n"
                              "tmi59rRmNpAIEAhZHW6BqEaMk3SugOQm6ja0YIEuJQKBgQDz45OCO9QeFrKbUrGu\n"
                              "AwYRafZG8Y2KNs16w/4H3iuWuJ1EHMUnIGJykkn07KJQanbdvDGJ4PMGK8RixjFD\n"
                              "xMReOdNaIr4ydoOQJrNSqyVr+BpnG465FyfQBv4noVDStZunjbkqP4XfgUKdYAEx\n"
                              "FSZGLoB0QgNYFVvN7LbVAAKvBQKBgQDxKmrTim6Mwc8ypVr5oqoM9XTFznBW1iay\n"
                              "xN6d4Yw1/vO7hRWo/ioitYGC9Wd0gzs0Y4DJuBQmQEl77yTsdpte2F2r/MioTJtS\n"
                              "VZLscyn8eAPNyfmvDZ4YvnZBthWZdCnd7k2kBV5Q/Cpd0IWHM5E7JyTZwFcToJsW\n"
                              "9cOIuqHefwKBgAuhHWaHXcz1fhzD668Fe+OWruShHgOqK1AgSlurr15nfTBDQu9j\n"
                              "ru4Rpa8lHXRCL1rRX3dYn536tkmTc8PsfQSVM0vH/lO/rPRRtBlMCePFF9U0zjBr\n"
                              "Nz3HJ5VSLt1tRXfO3TZzgvmuWzPP4R6rCIEuNHfWsfwgQJloISu07WvVAoGAEpGH\n"
                              "hB4mgOPzRh0BMjNaEIFdqlVIxQbcF+uckF9rYkTtE0Ud89MN/3omLKUkgA4Souf+\n"
                              "ZImt03wjrE0vdJ11PQo/vBxMftjXJLG+DEKZuvyqnk+sz9OmlpUjmc+hPh15k8Lj\n"
                              "a3uWVXn08SA7B7vqtLlA1xs+GR7Gki/+DCsCh5UCgYBVXMXppCIqVlPYO7bAGEM5\n"
                              "pKKs2PRJOSMoh2F1RF8C1L+lGjr+ySpD+bU8z0jBTgwzMdKU4wJ0GSb6hQpDnthx\n"
                              "UHkxSPV5AcwE61xoALP+LYHZ1mr0wNvSHQYYdjpJY9ljxmgc0aXa7CjVcWlxEpcT\n"
                              "5/sRuP/f7SGrDYmlfEMn3Q==\n"
                              "-----END PRIVATE KEY-----\n";

static const char rsa_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDKTCCAhGgAwIBAgIUf7fD+SSwKHDH+WHdQ+TR+PnwfiwwDQYJKoZIhvcNAQEL\n"
    "BQAwGDEWMBQGA1UEAwwNbG9jYWxob3N0LXJzYTAgFw0yNjExMjEwMzQ0NThaGA8y\n"
    "MTI2MTAyODAzNDQ1OFowGDEWMBQGA1UEAwwNbG9jYWxob3N0LXJzYTCCASIwDQYJ\n"
    "KoZIhvcNAQEBBQADggEPADCCAQoCggEBAOXBpvmROQGkIQB4hBlaBGlw+ql597Il\n"
    "YALHo2divmPsGX3b80111xvo3JRjc95iQdhu5snuRNFvIcrL7nx9LWz0txXL8AP6\n"
    "RUSc3kHZ8TxUrQ5XR0IoLA7Jig7EsKicdV3AVytkDs4+a/STleSzVE14jaBQIlyT\n"
    "7nbmCDcoj7KP4BSTqRS0HTukeXlOYoFIVJ2t3wJeCSDusLFppU/A2dFzxmsrLJ8s\n"
    "HMzRAm9aDQl53hZF88MqpswIAyVeYSdTWa3m4R6Ta+qmyfdi7naepnDwaBFmlm1S\n"
    "Zwh0wlLNMv3VU7YL6FjNNWclLRvSYY+IFvuV9NiJ02mhJ3koLwlAKXsCAwEAAaNp\n"
    "MGcwHQYDVR0OBBYEFGWEdAtLB42//KP6hy6kjYbziJdIMB8GA1UdIwQYMBaAFGWE\n"
    "dAtLB42//KP6hy6kjYbziJdIMA8GA1UdEwEB/wQFMAMBAf8wFAYDVR0RBA0wC4IJ\n"
    "bG9jYWxob3N0MA0GCSqGSIb3DQEBCwUAA4IBAQATbIyh53cT9bDtJufC+jYQm+LA\n"
    "xlAF6TdgATTEvDC1E534WoNQ/FJqlasy1oFYND9J5IDIWaV5zGF9pGdoCDVXM4cV\n"
    "abE2Ak0laMKhulT61CTCTAIySg0vqDiwrA1YkwXXkXMFupK84rX0TI7Mt2x0Nvcg\n"
    "HXXqybaQ52Vrgl3QoK84iHprlXq8KdPpjvwrtdC2wpkkqcJhPsrAkbabLDxbvU7c\n"
    "+rtXAUqdaGMcUe0UIbwCrBlbqv7jrUnZFvBbtxuIGXyc9uctY6gi0GWnFKX9rbdz\n"
    "1J24M3UKY+3IVqOUAUqhmqz/e+gg3/KAAbU8HNy6kLr+b8SZTlsmS39ldJVd\n"
    "-----END CERTIFICATE-----\n";

#endif

/* connection13_test_keys.h - self-signed certificates of the kinds that connection_test_keys.h
 * lacks, valid for a century, made with openssl genpkey/req. They protect nothing. */
#ifndef CONNECTION13_TEST_KEYS_H
#define CONNECTION13_TEST_KEYS_H

static const char p384_key[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDABPLFOHucvF0r2aM1S\n"
                               "wGe5v5b2k5Fa//NHVoGUZoQyQ3lpOTEitJLfWskUfZPZWKShZANiAAQ7/EYmBkR0\n"
                               "pHgdG2WAlPK5nLY+9/2UbQPa8LlIebLRx+MvVR50lCUFLZHsv9dS/6JovrptH8N8\n"
                               "7jOymr6ntd9z91w63pLlVUlgIYx9iPAWwG/MK1BuSQFAc3S+TK1sSQI=\n"
                               "-----END PRIVATE KEY-----\n";

static const char p384_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB3TCCAWKgAwIBAgIULDsAv+r8LhXKxcwLUYy3NS5boyQwCgYIKoZIzj0EAwMw\n"
    "GTEXMBUGA1UEAwwObG9jYWxob3N0LXAzODQwIBcNMjYxMTI1MjIzMjAwWhgPMjEy\n"
    "NjExMDEyMjMyMDBaMBkxFzAVBgNVBAMMDmxvY2FsaG9zdC1wMzg0MHYwEAYHKoZI\n"
    "zj0CAQYFK4EEACIDYgAEO/xGJgZEdKR4HRtlgJTyuZy2Pvf9lG0D2vC5SHmy0cfj\n"
    "L1UedJQlBS2R7L/XUv+iaL66bR/DfO4zspq+p7Xfc/dcOt6S5VVJYCGMfYjwFsBv\n"
    "zCtQbkkBQHN0vkytbEkCo2kwZzAdBgNVHQ4EFgQUlpB75SejRLB1XIwXW0FXexQp\n"
    "TDcwHwYDVR0jBBgwFoAUlpB75SejRLB1XIwXW0FXexQpTDcwDwYDVR0TAQH/BAUw\n"
    "AwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwMDaQAwZgIxALlk\n"
    "T/dzs3iyeqTA72h0dsBmydUb6AfL5TO1Ze78zhrYbZfNciu3Ba3VUF+ED6OXVgIx\n"
    "AJTgigNxNJ8thB3J3F+pDXokYBHeMJdMEtCVY8auE19ojM3c+11qtnZPrj6NRfSP\n"
    "gg==\n"
    "-----END CERTIFICATE-----\n";

static const char p521_key[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIB11Bz4J+uy/cF7hLQ\n"
                               "j4MhdEQhUfWfljHkAH7I0lk2dH8mQ/yvKARSD+XLEQnkc0wXVPXMIdYVks01tvIA\n"
                               "UGj2q6KhgYkDgYYABAFzYwGal3Qk3YIUP76uS0hYlwRyjb+2gcxQlYfBQV1jZUnV\n"
                               "yZg/qURNaffcL7xxwmAq1AECHJMQfAt595EPVdnzBAGE6oRX4908agw0JdCozUuo\n"
                               "4rmrGdGXDs2CsnDeENOQB1NgLrAcoWMDruVRKxc2kuCl7almBlha0r+0INtoLGfb\n"
                               "jQ==\n"
                               "-----END PRIVATE KEY-----\n";

static const char p521_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICJjCCAYigAwIBAgIUbsYrOqR6KLXVbulLjF6yQskEZB0wCgYIKoZIzj0EAwQw\n"
    "GTEXMBUGA1UEAwwObG9jYWxob3N0LXA1MjEwIBcNMjYxMTI1MjIzMjAwWhgPMjEy\n"
    "NjExMDEyMjMyMDBaMBkxFzAVBgNVBAMMDmxvY2FsaG9zdC1wNTIxMIGbMBAGByqG\n"
    "SM49AgEGBSuBBAAjA4GGAAQBc2MBmpd0JN2CFD++rktIWJcEco2/toHMUJWHwUFd\n"
    "Y2VJ1cmYP6lETWn33C+8ccJgKtQBAhyTEHwLefeRD1XZ8wQBhOqEV+PdPGoMNCXQ\n"
    "qM1LqOK5qxnRlw7NgrJw3hDTkAdTYC6wHKFjA67lUSsXNpLgpe2pZgZYWtK/tCDb\n"
    "aCxn242jaTBnMB0GA1UdDgQWBBTJ3EyQ3rPqeAcEDUPzxXg7NFvt2zAfBgNVHSME\n"
    "GDAWgBTJ3EyQ3rPqeAcEDUPzxXg7NFvt2zAPBgNVHRMBAf8EBTADAQH/MBQGA1Ud\n"
    "EQQNMAuCCWxvY2FsaG9zdDAKBggqhkjOPQQDBAOBiwAwgYcCQWFrQ5CT2bVQ0LH6\n"
    "tZjbRVyY/7iVWa0ZmP6oGAyVpSK45xxxRibY7LYeQzyEJc0FXwoEivqjb7rUXwUq\n"
    "eNRGcHJBAkIBSX7l1BukWffmFtwdT1DdfnLvvyVoH6vb9OzEdxMsx16poOQxq/+y\n"
    "FTpdudVUEDHD9d8qhnH0aSXEMqWRgq5+hS8=\n"
    "-----END CERTIFICATE-----\n";

static const char pss_key[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MIIEugIBADALBgkqhkiG9w0BAQoEggSmMIIEogIBAAKCAQEArXGy4H+Xyx+59x/9\n"
                              "7C6QU626ge7n0y5SY+ES7X8DwA3/QZmGyTbh94qsm4uFdOrnUkVdYyvp+vjNur0K\n"
                              "oEmBQ3JadzyEX3bECij+8Vdw2c1uWNtAky+rfe5ljUoavwa/y9GWtHaLDq4U8ALI\n"
                              "8w5P5e3U8DBPaba1kO4nuPteigaH4MmqAOPDrNGVKmalwLnthfoAuv0ftRUthdtI\n"
                              "rkVjp/nD/IBpHSjfuRtHrcsqBVVlVp+3xn+RyaCkGZXaCuUWOrppQSfiRSRbvHZw\n"
                              "hkgZplDYYk2DZH1V99EmXKr+HOWXdlkAxP3+iClwnw9flXDDMGLJ1/zbBUDhvYYL\n"
                              "wpxEkQIDAQABAoIBACYuYF1RWT4K5upC7af/fCAfn24ZBImVqed41azYiB/QNP/g\n"
                              "5y4GWeofae334dIiH/gZcvxw31ozST6xfNRaOg157/ZNqSpGv9MowS6pvBsGQSNo\n"
                              "aKe+F7dqMorO5GJm/vPEWLOzYNtDcTKAunHfFbGdEIIrcF/qK8AS3UW4eFBT0OHR\n"
                              "y3JhleOeXQwhcRK3UlJosDPrZrsTk+CkuZoYjIvqU5AshDd6otzBB8m/BHP+qXTn\n"
                              "SBPmSoDQf8lwf8PmJbIPyd2OLuyYFGtqBgOP/Ip6iwiz9VC0N3VFFagWKKgKFWhT\n"
                              "x20jWKJwEifIkrJ2aeASP8KMX2jiU+8rDP6ydNECgYEA2oXwtdhFRUFOe/4hQHMb\n"
                              "t/rxZfjYsxxARvhzlwkznbl+fo8Db4Cw2aFXOgZAIiN9DT0jI8W7iXPP/snkai9b\n"
                              "aoLGp5cy5uMPq/AaVwWx2uwZa7pbv/uley2wYEiEEOCxHu4yDuzb3Xx+q049LT3m\n"
                              "VEDFHWHshMasjpj5oT7fP30CgYEAyzCagY+/5uVgfBb8mqh7CfMa3tnbILsStJ2K\n"
                              "t5wxymUbFmVXkAyZV4h/o344NrEm8b080oyV/wR5YqVyflkHSpTYTpo3etiLBktC\n"
                              "t6YQM4EvJXp7rF2MWVEncm2WcA/ZKttaUcXFk+jbijYaSLeW/Y7ILL1k9hCOB1jg\n"
                              "l9arDaUCgYAZZqxeVu9mZ3r6CsZOuZKlRjQ9SDnYSBZoqYS2L8miMee0Smd51Jm6\n"
                              "EnkTM5rM3RcyLMMi618rUR0CXvGALlUQAneZD4hJMmel8tj8+Jp9+ifST+1OWbAY\n"
                              "q2zvJD7Fv3iXQdTryzibfFc1DnkqAyH89TJ0ged+X6G7Sajqx2Yn+QKBgD1CryKm\n"
                              "43XK7FcdWxWJ/GaYjB5qUn3AyTf5U6xeBEkASLVs4oSEt+rDNbBmSq56pMI3itH0\n"
                              "HvkfMTXDqgxb7S3YSIsSRe3cwbWpFTlncPUGWt+S2Ryzq6/2Hs2KKtQogxI/xjBn\n"
                              "T1Vz3FUEUNJhv708wi9y/rCNdzTR4A0HZNUdAoGAXOoS6/jwP87YGLD6XthpRod1\n"
                              "q1tXWqfFxNXNQp1eeXzRDk7Y+YobGLdYh7KBPgOrxTiSLnVAGM/j09Bpka38F3P3\n"
                              "u/hxxAVPbwn8SdwsaS6M8VNlNC00wmEUNTpwLN/AwUus0vBjclTQnGqSDve0/Z3E\n"
                              "imP3BlH5814qvwFHmsE=\n"
                              "-----END PRIVATE KEY-----\n";

static const char pss_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDkTCCAkSgAwIBAgIUfbFOkbnUnhvQgz0t/xf44zxgCzMwQgYJKoZIhvcNAQEK\n"
    "MDWgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEF\n"
    "AKIEAgIA3jAYMRYwFAYDVQQDDA1sb2NhbGhvc3QtcHNzMCAXDTI2MTEyNTIyMzIw\n"
    "MFoYDzIxMjYxMTAxMjIzMjAwWjAYMRYwFAYDVQQDDA1sb2NhbGhvc3QtcHNzMIIB\n"
    "IDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAK1xsuB/l8sfufcf/ewukFOtuoHu\n"
    "59MuUmPhEu1/A8AN/0GZhsk24feKrJuLhXTq51JFXWMr6fr4zbq9CqBJgUNyWnc8\n"
    "hF92xAoo/vFXcNnNbljbQJMvq33uZY1KGr8Gv8vRlrR2iw6uFPACyPMOT+Xt1PAw\n"
    "T2m2tZDuJ7j7XooGh+DJqgDjw6zRlSpmpcC57YX6ALr9H7UVLYXbSK5FY6f5w/yA\n"
    "aR0o37kbR63LKgVVZVaft8Z/kcmgpBmV2grlFjq6aUEn4kUkW7x2cIZIGaZQ2GJN\n"
    "g2R9VffRJlyq/hzll3ZZAMT9/ogpcJ8PX5VwwzBiydf82wVA4b2GC8KcRJECAwEA\n"
    "AaNpMGcwHQYDVR0OBBYEFA5YCp3Ea1tSjd5Q2s9WOhRPoKI+MB8GA1UdIwQYMBaA\n"
    "FA5YCp3Ea1tSjd5Q2s9WOhRPoKI+MA8GA1UdEwEB/wQFMAMBAf8wFAYDVR0RBA0w\n"
    "C4IJbG9jYWxob3N0MEIGCSqGSIb3DQEBCjA1oA8wDQYJYIZIAWUDBAIBBQChHDAa\n"
    "BgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIBBQCiBAICAN4DggEBADNOARcArbY0h9uy\n"
    "sKZKR36tByXKZJOb4dSKLXBwLwRH0fns8c8UVCwsikNRjRu7M2VAx7LAZKKqMsN4\n"
    "T5wyts9Ldkmzpm8zlNTFTfLsOzjT9B0odJyydOuM6WiTHE2Jdj132C8cAzy1BOKE\n"
    "QZurFGDZvjkoFGuSoQgxMV3Jd6UIQB3f6jOI0OO0TRc7XnE5JjHfB0HOKm0OuhQk\n"
    "ALIdhCD1wTGY1jD2ukwEXdy05fqSroKTSrvJsuox+LzVaJOJThk89UGXWybCvTQs\n"
    "QNAgNPP5NMy7j0f5/KmuUdM+4pgFbkBfWauJ4hP1PWCnLY1vJ11MOYIM75yPnCy3\n"
    "WQHDiaI=\n"
    "-----END CERTIFICATE-----\n";

#endif

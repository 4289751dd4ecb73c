using System.Globalization;
using System.Text;

namespace Cdp.Ingestion.Tests.Hardening.Fuzzing;

/// <summary>The query and the headers of generated requests: valid ones, and ones that no honest sender sends.</summary>
internal static class FuzzHeaders
{
    public static string Query(Random random, FuzzKind kind) => kind == FuzzKind.Valid ? "" : random.Next(60) switch
    {
        0 => "?writeKey=WK",
        1 => "?writeKey=other",
        2 => "?writeKey=",
        3 => "?writeKey=WK&writeKey=WK",
        4 => "?%00=%ff&writeKey=%57K",
        5 => "?" + new string('a', random.Next(9000)),
        _ => "",
    };

    public static void Append(StringBuilder headers, Random random, FuzzKind kind)
    {
        if (kind == FuzzKind.Valid)
        {
            headers.Append("Authorization: Basic V0s6\r\nContent-Type: application/json\r\n");
            return;
        }
        headers.Append(random.Next(60) switch
        {
            0 => "",
            1 => "Authorization: Basic T0ZGOg==\r\n",
            2 => "Authorization: Basic b3RoZXI6\r\n",
            3 => "Authorization: Bearer x\r\n",
            4 => "Authorization: Basic ====\r\n",
            5 => "Authorization: Basic \r\n",
            6 => $"Authorization: Basic {new string('A', random.Next(20_000))}\r\n",
            7 => "Authorization: Basic V0s6\r\nAuthorization: Basic V0s6\r\n",
            8 => "Authorization: Basic d2ViOg==\r\nOrigin: https://other.example\r\n", // from an origin that the source does not allow
            9 => "Authorization: Basic aG9vazo=\r\n", // a source that accepts only webhooks
            10 => "Authorization: Basic c2xvdzo=\r\n", // a source that exceeds its rate
            11 => "authorization: basic V0s6cGFzc3dvcmQ=\r\n",
            _ => "Authorization: Basic V0s6\r\n",
        });
        for (var i = random.Next(3); i > 0; i--)
        {
            headers.Append(random.Next(16) switch
            {
                0 => "Origin: https://shop.example\r\n",
                1 => "Origin: \u00fc\u00ff{}\r\n",
                2 => "Accept: text/plain\r\n",
                3 => "X-Forwarded-For: 1.2.3.4, \"]\", ::1\r\n",
                4 => "Content-Type: text/plain;charset=utf-16\r\n",
                5 => "Content-Type: application/x-www-form-urlencoded\r\n",
                6 => "X-Retry-Count: 99999999999999999999\r\n",
                7 => "AnonymousId: \u00ff=\r\n",
                8 => $"Cookie: {new string('c', random.Next(10_000))}\r\n",
                9 => "Expect: 100-continue\r\n",
                10 => "Content-Type: \r\n",
                11 => "Accept-Encoding: gzip;q=0, *;q=banana\r\n",
                12 => "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n",
                13 => "Connection: close\r\n",
                14 => "baggage: ,,;==\r\n",
                _ => $"X-{random.Next(1000)}: {random.NextDouble().ToString(CultureInfo.InvariantCulture)}\r\n",
            });
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using cdp;
using Cdp.Contracts;
using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>Bodies crafted to consume memory or time.</summary>
[Collection(nameof(MeasuresMemory))]
[Trait("tier", "integration")]
public sealed class BombTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    // How much the process, which runs service, broker and senders, may grow. Bodies are bounded to 64 MiB together, and arrays are pooled after use.
    private const long MaxGrowth = 400L << 20;

    private readonly CancellationTokenSource _bound = new(TimeSpan.FromSeconds(60));

    [Fact]
    public async Task Batch_BombsOfEveryEncodingAtOnce_AreRefusedInBoundedMemory()
    {
        var bombs = new[] { "gzip", "deflate", "br", "zstd" }.Select(encoding => Request(encoding, Compressed.Of(new byte[50_000_000], encoding))).ToList();
        bombs.Add(Request("gzip", Compressed.Of(Compressed.Of(new byte[50_000_000], "gzip"), "gzip")));
        bombs.Add(Request("identity", new byte[4 << 20]));

        var statuses = await WithinMemoryAsync(() => Task.WhenAll(Enumerable.Range(0, 200).Select(i => SendAsync(bombs[i % bombs.Count]))));

        Assert.Empty(statuses.Except([400, 413, 503]));
        Assert.Contains(413, statuses);
        await kafka.Host.WaitUntilIdleAsync();
    }

    /// <summary>
    /// A request of 5 KB inflates to 4 MiB of invalid items. Before quarantined bytes were limited, 17 such requests filled the producer's queue.
    /// </summary>
    [Fact]
    public async Task Batch_LargeInvalidItems_KeepsABoundedPartOfThem()
    {
        var large = $$"""{"type":"track","userId":"bomb","properties":{"a":"{{new string('x', 100_000)}}"} }""";
        var body = Compressed.Of(
            Encoding.UTF8.GetBytes($$"""{"batch":[{{string.Join(',', Enumerable.Repeat(large, 40))}},{"type":"track","userId":"bomb"}]}"""),
            "br");

        Assert.Equal(200, await SendAsync(Request("br", body)));

        var kept = kafka.Read(Topics.EventsQuarantined).Where(record => record.Key == "bomb").Select(record => (QuarantinedEvent)record.Value).ToList();
        Assert.Equal(40, kept.Count);
        Assert.Equal(16 * 32_768, kept.Sum(record => record.original.Length));
        Assert.EndsWith($"only the first 65536 of its {large.Length} bytes are kept", kept[0].violations[0].message, StringComparison.Ordinal);
        Assert.EndsWith($"only the first 0 of its {large.Length} bytes are kept", kept[^1].violations[0].message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_LargeZstdWindowsWithoutContent_ReserveNoMemory()
    {
        // The header of a zstd frame with a window of 8 MB and the beginning of a block, but no more.
        byte[] frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68, 0x04, 0x00, 0x10, .. new byte[1000]];
        var start = Encoding.ASCII.GetBytes(
            "POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic V0s6\r\nContent-Encoding: zstd\r\nContent-Length: 100000\r\n\r\n");
        var connections = new List<RawConnection>();
        var before = Process.GetCurrentProcess().VirtualMemorySize64;
        for (var i = 0; i < 300; i++)
        {
            var connection = await RawConnection.OpenAsync(kafka.Host.Port, _bound.Token);
            connections.Add(connection);
            await connection.SendAsync((byte[])[.. start, .. frame], _bound.Token);
        }
        // The connections have been received once these requests are answered.
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, await SendAsync(Request("zstd", Compressed.Of("""{"batch":[{"type":"track","userId":"u"}]}"""u8.ToArray(), "zstd"))));
        }
        var grown = Process.GetCurrentProcess().VirtualMemorySize64 - before;
        connections.ForEach(connection => connection.Dispose());

        Assert.True(grown < 1L << 30, $"300 connections asked for {grown >> 20} MiB by a few bytes each");
    }

    [Fact]
    public async Task Batch_EndlessEmptyGzipBlocks_AreRefusedAtTheLimit()
    {
        // A gzip header, then empty stored blocks: they inflate to nothing, however many are sent.
        byte[] blocks = [.. Enumerable.Repeat<byte[]>([0, 0, 0, 0xff, 0xff], 20_000).SelectMany(block => block)];
        using var connection = await RawConnection.OpenAsync(kafka.Host.Port, _bound.Token);
        await connection.SendAsync(
            "POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic V0s6\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\na\r\n",
            _bound.Token);
        await connection.SendAsync((byte[])[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, (byte)'\r', (byte)'\n'], _bound.Token);
        var answer = connection.ReadAsync(_bound.Token);
        for (var sent = 0; !answer.IsCompleted; sent += blocks.Length)
        {
            Assert.True(sent < 64 << 20, "is still read after 64 MiB");
            await connection.SendAsync(blocks.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n", _bound.Token);
            await connection.SendAsync(blocks, _bound.Token);
            await connection.SendAsync("\r\n", _bound.Token);
        }
        Assert.Equal(413, (await answer)!.Status);
    }

    private static byte[] Request(string encoding, byte[] body) =>
        [
            .. Encoding.ASCII.GetBytes(
                "POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic V0s6\r\n"
                + $"Content-Encoding: {encoding}\r\nContent-Length: {body.Length}\r\n\r\n"),
            .. body,
        ];

    private async Task<int> SendAsync(byte[] request)
    {
        using var connection = await RawConnection.OpenAsync(kafka.Host.Port, _bound.Token);
        var sending = connection.SendAsync(request, _bound.Token);
        var answer = await connection.ReadAsync(_bound.Token);
        await sending;
        return answer!.Status;
    }

    private static async Task<T> WithinMemoryAsync<T>(Func<Task<T>> work)
    {
        GC.Collect();
        var before = Environment.WorkingSet;
        var working = work();
        var peak = before;
        while (!working.IsCompleted)
        {
            peak = Math.Max(peak, Environment.WorkingSet);
            await Task.WhenAny(working, Task.Delay(10));
        }
        Assert.True(peak - before < MaxGrowth, $"the process grew by {(peak - before) >> 20} MiB");
        return await working;
    }
}

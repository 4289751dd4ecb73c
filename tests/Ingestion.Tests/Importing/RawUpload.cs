using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>An upload that a test sends piece by piece, and reads the answer of while it does, as HttpClient would not; or that goes away.</summary>
internal sealed class RawUpload : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly NetworkStream _stream;

    private RawUpload(Uri host)
    {
        _client.Connect(host.Host, host.Port);
        _stream = _client.GetStream();
    }

    public static async Task<RawUpload> BeginAsync(IngestionHost host, string query)
    {
        var upload = new RawUpload(host.Client.BaseAddress!);
        await upload.SendAsync($"POST /v1/import/file?{query} HTTP/1.1\r\nHost: test\r\nAuthorization: Basic V0s6\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        return upload;
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await SendAsync(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        await _stream.WriteAsync(bytes);
        await SendAsync("\r\n");
    }

    public Task EndAsync() => SendAsync("0\r\n\r\n");

    /// <summary>Reads the answer to its end.</summary>
    public async Task<Upload> ReadAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var bytes = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(bytes, timeout.Token);
        }
        catch (IOException) when (bytes.Length > 0)
        {
            // Who answers before it has read all resets the connection then.
        }
        var text = Encoding.UTF8.GetString(bytes.ToArray());
        // Each line is a chunk of its own, or several; what is no JSON are their lengths.
        var lines = text.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!.AsObject());
        return new Upload(int.Parse(text.Split(' ')[1], CultureInfo.InvariantCulture), "", [.. lines]);
    }

    /// <summary>Goes away without a word.</summary>
    public void Abort() => _client.Client.Close(0);

    public void Dispose() => _client.Dispose();

    private async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.ASCII.GetBytes(text));
}

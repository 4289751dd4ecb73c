using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>
/// An upload that a test sends piece by piece over a socket. Unlike with HttpClient, the test can read the answer while it is still sending, or disconnect.
/// </summary>
internal sealed class RawUpload : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly NetworkStream _stream;

    private RawUpload(Uri host)
    {
        _client.Connect(host.Host, host.Port);
        _stream = _client.GetStream();
    }

    public static async Task<RawUpload> BeginAsync(Uri host, string query)
    {
        var upload = new RawUpload(host);
        await upload.SendAsync(
            $"POST /v1/import/file?{query} HTTP/1.1\r\nHost: test\r\nAuthorization: {IngestionHost.BasicAuthentication("WK")}\r\n"
            + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        return upload;
    }

    /// <summary>Sends the bytes as one chunk.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await SendAsync(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        await _stream.WriteAsync(bytes);
        await SendAsync("\r\n");
    }

    /// <summary>Ends the body.</summary>
    public Task EndAsync() => SendAsync("0\r\n\r\n");

    /// <summary>Reads the answer to its end.</summary>
    public async Task<ImportAnswer> ReadAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var bytes = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(bytes, timeout.Token);
        }
        catch (IOException) when (bytes.Length > 0)
        {
            // A server that answers before it has read the whole body resets the connection after its answer.
        }
        return ImportAnswer.ReadRaw(Encoding.UTF8.GetString(bytes.ToArray()));
    }

    /// <summary>Resets the connection.</summary>
    public void Abort() => _client.Client.Close(0);

    public void Dispose() => _client.Dispose();

    private async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.ASCII.GetBytes(text));
}

using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Cdp.Benchmarks.Http;

/// <summary>
/// A kept-alive connection that sends prepared bytes and parses only the status and the length of an answer. It needs two system calls per request, so that
/// generating the load uses little CPU.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _answer = new byte[64 * 1024];

    public HttpConnection(Uri server) => _socket.Connect(server.Host, server.Port);

    /// <summary>Sends a request.</summary>
    /// <returns>The status of the answer.</returns>
    public int Exchange(ReadOnlySpan<byte> request)
    {
        while (!request.IsEmpty) request = request[_socket.Send(request)..];
        for (var length = 0; ;)
        {
            var received = _socket.Receive(_answer.AsSpan(length));
            if (received == 0) throw new IOException("the server closed the connection before it answered");
            length += received;
            if (IsComplete(_answer.AsSpan(0, length))) return int.Parse(_answer.AsSpan("HTTP/1.1 ".Length, 3), NumberStyles.None, CultureInfo.InvariantCulture);
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsComplete(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        var head = answer[..end];
        var at = head.IndexOf("Content-Length: "u8);
        if (at < 0) throw new IOException($"an answer without Content-Length: {Encoding.ASCII.GetString(head)}");
        var value = head[(at + "Content-Length: ".Length)..];
        var line = value.IndexOf((byte)'\r');
        return answer.Length >= end + 4 + int.Parse(line < 0 ? value : value[..line], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}

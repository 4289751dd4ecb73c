using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>An answer as it came over a socket: the status, the headers as text, and the body.</summary>
internal sealed record RawAnswer(int Status, string Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public bool Closes => Headers.Contains("\r\nConnection: close", StringComparison.OrdinalIgnoreCase);

    public bool IsJson => Headers.Contains("\r\nContent-Type: application/json", StringComparison.OrdinalIgnoreCase);

    public string? Header(string name)
    {
        var start = Headers.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase);
        if (start < 0) return null;
        start += name.Length + 4;
        return Headers[start..Headers.IndexOf('\r', start)];
    }
}

/// <summary>A TCP connection that sends exactly the bytes it is given, as no HTTP client would, and reads answers one by one.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    private RawConnection() => _socket.LingerState = new LingerOption(true, 0); // otherwise thousands of connections would leave their ports in TIME_WAIT

    /// <summary>How many bytes the system receives ahead of the reader. Must be set before the first read.</summary>
    public int ReceiveBuffer { set => _socket.ReceiveBufferSize = value; }

    /// <summary>How many bytes the system has accepted for sending.</summary>
    public long Sent { get; private set; }

    /// <summary>How many bytes have arrived and have not been read.</summary>
    public int Unread => _socket.Available;

    public static async Task<RawConnection> OpenAsync(int port, CancellationToken cancel = default)
    {
        var connection = new RawConnection();
        try
        {
            await connection._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel = default)
    {
        while (bytes.Length > 0)
        {
            var sent = await _socket.SendAsync(bytes, cancel);
            Sent += sent;
            bytes = bytes[sent..];
        }
    }

    public Task SendAsync(string text, CancellationToken cancel = default) => SendAsync(Encoding.UTF8.GetBytes(text), cancel);

    /// <summary>Sends the same text over and over, without reading, until the other end closes the connection.</summary>
    public async Task SendUntilClosedAsync(string text, CancellationToken cancel)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            while (true) await SendAsync(bytes, cancel);
        }
        catch (SocketException)
        {
            // Closed.
        }
    }

    /// <summary>Closes the sending half of the connection. Answers can still come.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The other end has already closed the connection.
        }
    }

    /// <summary>Reads one answer that is not provisional (1xx). If the read is cancelled, the next one begins with the same answer.</summary>
    /// <returns>Null if the connection ended before the first byte of the answer.</returns>
    /// <exception cref="InvalidDataException">The answer is not HTTP, or the connection ended within its headers.</exception>
    /// <exception cref="EndOfStreamException">The connection ended within its body.</exception>
    public async Task<RawAnswer?> ReadAsync(CancellationToken cancel)
    {
        while (true)
        {
            if (await ReadAnswerAsync(cancel) is not { } answer) return null;
            if (answer.Status >= 200) return answer;
        }
    }

    /// <summary>Waits for the end of the connection, and discards what arrives before.</summary>
    public async Task UntilClosedAsync(CancellationToken cancel)
    {
        while (await FillAsync(cancel)) _start = _end;
    }

    public void Dispose() => _socket.Dispose();

    // Nothing is taken from the buffer before the whole answer is in it, so that a cancelled read can be repeated.
    private async Task<RawAnswer?> ReadAnswerAsync(CancellationToken cancel)
    {
        int head;
        while ((head = Buffered.IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (await FillAsync(cancel)) continue;
            return _start == _end ? null : throw new InvalidDataException($"the connection ended within an answer: {Encoding.Latin1.GetString(Buffered)}");
        }
        var headers = Encoding.Latin1.GetString(Buffered[..(head + 2)]);
        if (!headers.StartsWith("HTTP/1.", StringComparison.Ordinal)
            || !int.TryParse(headers.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new InvalidDataException($"not an answer: {headers}");
        }
        var answer = new RawAnswer(status, headers, []);
        var (body, end) = status is < 200 or 204 or 304 ? ([], head + 4)
            : answer.Header("Transfer-Encoding") is not null ? await ReadChunksAsync(head + 4, cancel)
            : await ReadBodyAsync(head + 4, answer, cancel);
        _start += end;
        return answer with { Body = body };
    }

    private async Task<(byte[] Body, int End)> ReadBodyAsync(int start, RawAnswer answer, CancellationToken cancel)
    {
        var length = answer.Header("Content-Length") ?? throw new InvalidDataException($"an answer without a length: {answer.Headers}");
        var end = start + int.Parse(length, CultureInfo.InvariantCulture);
        await FillUpToAsync(end, cancel);
        return (Buffered[start..end].ToArray(), end);
    }

    private async Task<(byte[] Body, int End)> ReadChunksAsync(int start, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        for (var at = start; ;)
        {
            int line;
            while ((line = Buffered[at..].IndexOf("\r\n"u8)) < 0) await MustFillAsync(cancel);
            var size = int.Parse(Encoding.ASCII.GetString(Buffered.Slice(at, line)), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            at += line + 2;
            await FillUpToAsync(at + size + 2, cancel);
            body.Write(Buffered.Slice(at, size));
            at += size + 2;
            if (size == 0) return (body.ToArray(), at);
        }
    }

    private async Task FillUpToAsync(int length, CancellationToken cancel)
    {
        while (_end - _start < length) await MustFillAsync(cancel);
    }

    private async Task MustFillAsync(CancellationToken cancel)
    {
        if (!await FillAsync(cancel)) throw new EndOfStreamException("the connection ended within the body of an answer");
    }

    private async Task<bool> FillAsync(CancellationToken cancel)
    {
        if (_start == _end) (_start, _end) = (0, 0);
        if (_end == _buffer.Length)
        {
            if (_start == 0) Array.Resize(ref _buffer, 2 * _buffer.Length);
            else Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
        }
        try
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancel);
            _end += read;
            return read > 0;
        }
        catch (SocketException)
        {
            return false; // a reset ends the connection, too
        }
    }

    private Span<byte> Buffered => _buffer.AsSpan(_start, _end - _start);
}

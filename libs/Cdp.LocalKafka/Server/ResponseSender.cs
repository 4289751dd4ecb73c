using System.Buffers;
using System.Net.Sockets;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Server;

/// <summary>Sends a response. Stored records are copied from their segment file to the socket through one pooled buffer.</summary>
/// <param name="sent">Called after each chunk that the client's side has accepted.</param>
internal sealed class ResponseSender(Socket socket, Action sent)
{
    private const int ChunkSize = 256 * 1024;

    public async ValueTask Send(WireWriter response, CancellationToken cancel)
    {
        if (response.Stored.Count == 0)
        {
            await SendAll(response.Written, cancel).ConfigureAwait(false);
            return;
        }

        var chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            var filled = 0;
            var at = 0;
            foreach (var (until, slice) in response.Stored)
            {
                filled = await Copy(response.Written[at..until], chunk, filled, cancel).ConfigureAwait(false);
                at = until;
                for (var read = 0; read < slice.Length;)
                {
                    if (filled == chunk.Length) filled = await Flush(chunk, filled, cancel).ConfigureAwait(false);
                    var got = slice.Read(read, chunk.AsSpan(filled));
                    read += got;
                    filled += got;
                }
            }
            filled = await Copy(response.Written[at..], chunk, filled, cancel).ConfigureAwait(false);
            await Flush(chunk, filled, cancel).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private async ValueTask<int> Copy(ReadOnlyMemory<byte> part, byte[] chunk, int filled, CancellationToken cancel)
    {
        while (part.Length > 0)
        {
            if (filled == chunk.Length) filled = await Flush(chunk, filled, cancel).ConfigureAwait(false);
            var fits = Math.Min(part.Length, chunk.Length - filled);
            part[..fits].CopyTo(chunk.AsMemory(filled));
            part = part[fits..];
            filled += fits;
        }
        return filled;
    }

    private async ValueTask<int> Flush(byte[] chunk, int filled, CancellationToken cancel)
    {
        await SendAll(chunk.AsMemory(0, filled), cancel).ConfigureAwait(false);
        return 0;
    }

    private async ValueTask SendAll(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (bytes.Length > 0)
        {
            // A send completes when all of its bytes are accepted. Sending in chunks makes slow progress visible, so that it does not count as idle.
            var next = bytes[..Math.Min(bytes.Length, ChunkSize)];
            bytes = bytes[await socket.SendAsync(next, SocketFlags.None, cancel).ConfigureAwait(false)..];
            sent();
        }
    }
}

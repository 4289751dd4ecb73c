using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Protocol.Serialization;

/// <summary>
/// A part of a segment file that a fetch response contains. It starts at a batch and, as Kafka allows, may end inside one. The bytes are read when
/// the response is sent. Segment files only grow, and a file that retention deletes or a cleaning replaces lives until its last slice is gone, so a
/// slice stays valid without a lock. Only if the topic is deleted or the broker stops does reading it throw <see cref="ObjectDisposedException"/>.
/// </summary>
internal readonly record struct FileSlice(SafeFileHandle? File, long Position, int Length)
{
    public static FileSlice Empty => default;

    /// <summary>Reads from offset <paramref name="at"/> of the slice until <paramref name="destination"/> is full or the slice ends.</summary>
    public int Read(int at, Span<byte> destination)
    {
        var wanted = Math.Min(destination.Length, Length - at);
        var got = 0;
        while (got < wanted)
        {
            var read = RandomAccess.Read(File!, destination[got..wanted], Position + at + got);
            if (read == 0) throw new InvalidDataException($"a segment file was truncated by another program: it ends at byte {Position + at + got}");
            got += read;
        }
        return got;
    }
}

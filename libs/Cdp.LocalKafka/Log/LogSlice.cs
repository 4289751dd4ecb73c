using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log;

/// <summary>
/// A stretch of a segment file that a fetch answers with. It starts at a batch and, as Kafka allows, may end inside one; the bytes
/// are read when the response is written. The file only grows, and one that retention deletes or a cleaning replaces lives until its last slice is gone,
/// so the stretch stays valid without a lock, until the topic is deleted or the broker stops; then reading it throws
/// <see cref="ObjectDisposedException"/>.
/// </summary>
internal readonly record struct LogSlice(SafeFileHandle? File, long Position, int Length)
{
    public static LogSlice Empty => default;

    /// <summary>Reads from <paramref name="at"/> bytes into the slice until <paramref name="destination"/> or the slice is full.</summary>
    public int Read(int at, Span<byte> destination)
    {
        var wanted = Math.Min(destination.Length, Length - at);
        var got = 0;
        while (got < wanted)
        {
            var read = RandomAccess.Read(File!, destination[got..wanted], Position + at + got);
            if (read == 0) throw new InvalidDataException($"a segment ends at byte {Position + at + got}, inside a slice of it: its file was cut from outside");
            got += read;
        }
        return got;
    }
}

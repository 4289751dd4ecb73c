using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Jint.Runtime;

namespace Cdp.Functions.Scripting;

/// <summary>What <c>Date</c>, <c>Math.random</c> and <c>crypto.randomUUID</c> answer: the world's, or what is determined by a time and a seed.</summary>
internal sealed class FunctionClock(TimeProvider time) : DefaultTimeSystem(TimeZoneInfo.Utc, CultureInfo.InvariantCulture)
{
    private DateTimeOffset? _now;
    private ulong _state;

    /// <summary>Sets the time and the seed for the next call.</summary>
    /// <param name="now">The time; null for the world's.</param>
    /// <param name="seed">Without effect if there is no time.</param>
    public void Set(DateTimeOffset? now, ulong seed)
    {
        _now = now;
        _state = now is null ? BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)) : seed;
    }

    public override DateTimeOffset GetUtcNow() => _now ?? time.GetUtcNow();

    /// <summary>A number from 0 to below 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A UUID of version 4.</summary>
    public Guid NextUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next());
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Next());
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    // SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): every seed is good, and the sequence is the same on every machine.
    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}

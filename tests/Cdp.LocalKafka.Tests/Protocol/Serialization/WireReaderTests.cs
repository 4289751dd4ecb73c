using System.Buffers.Binary;
using System.Text;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Tests.Protocol.Serialization;

/// <summary>The checks that reject a frame before it is processed.</summary>
public sealed class WireReaderTests
{
    [Theory]
    [InlineData(1000, true)]
    [InlineData(WireReader.MaxItems, true)]
    [InlineData(WireReader.MaxItems + 1, false)]
    [InlineData(40_000_000, false)]
    public void Array_TooManyItems_IsRefusedBeforeAllocation(int items, bool taken)
    {
        var frame = new byte[4 + (2 * items)]; // empty names
        BinaryPrimitives.WriteInt32BigEndian(frame, items);
        var request = new MetadataRequest();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Record.Exception(() => request.Describe(new WireReader(frame, version: 0, flexible: false)));

        Assert.Equal(taken, refused is null);
        if (!taken) Assert.IsType<ProtocolException>(refused);
        if (!taken) Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Theory]
    [InlineData(short.MaxValue, 'a', true)]
    [InlineData(short.MaxValue + 1, 'a', false)]
    [InlineData(short.MaxValue / 3, 0xff, true)] // not UTF-8: each byte becomes a replacement character of three
    [InlineData(short.MaxValue / 3 + 1, 0xff, false)]
    public void String_LongerThanTheLimit_IsRefused(int length, int character, bool taken)
    {
        var writer = new WireWriter(version: 8, flexible: true);
        var bytes = (ReadOnlyMemory<byte>?)Enumerable.Repeat((byte)character, length).ToArray(); // encoded like a string
        writer.Bytes(ref bytes);
        var name = "";
        var refused = Record.Exception(() => new WireReader(writer.Written, version: 8, flexible: true).String(ref name));

        if (!taken) Assert.IsType<ProtocolException>(refused);
        if (taken) Assert.True(Encoding.UTF8.GetByteCount(name) is > 0 and <= short.MaxValue, refused?.Message);
    }
}

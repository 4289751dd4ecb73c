using System.Buffers.Binary;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Protocol;

/// <summary>Frames that would take far more memory than they have bytes.</summary>
public sealed class WireReaderTests
{
    [Theory]
    [InlineData(1000, true)]
    [InlineData(WireReader.MaxItems, true)]
    [InlineData(WireReader.MaxItems + 1, false)]
    [InlineData(40_000_000, false)]
    public void Array_OfMoreItemsThanAFrameMayHave_IsRefusedBeforeAnyIsMade(int items, bool taken)
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
}

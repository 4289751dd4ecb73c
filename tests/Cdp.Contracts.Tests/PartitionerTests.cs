using Xunit;

namespace Cdp.Contracts.Tests;

public sealed class PartitionerTests
{
    // The hashes are those of the Java client's own unit test (apache/kafka, UtilsTest.testMurmur2).
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Partition_KnownKeys_AgreesWithTheJavaClient(string key, int murmur2)
    {
        foreach (var partitions in new[] { 1, 3, 12, 1000 }) Assert.Equal((murmur2 & 0x7fffffff) % partitions, Partitioner.Partition(key, partitions));
    }
}

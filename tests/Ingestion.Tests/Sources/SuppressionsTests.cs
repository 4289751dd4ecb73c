using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

public sealed class SuppressionsTests
{
    [Fact]
    public void Read_File_CoversOneUserPerLine()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "# asked by mail\nu1\n\n  u2 \n\u200b55520.0\n");
        var suppressions = Suppressions.Read(file, []);
        File.Delete(file);

        Assert.True(suppressions.Cover("u1"u8) && suppressions.Cover("u2"u8) && suppressions.Cover("55520"u8));
        Assert.False(suppressions.Cover("# asked by mail"u8) || suppressions.Cover(""u8) || suppressions.Cover([]));
    }

    [Fact]
    public void Read_NoFile_CoversNobody() => Assert.False(Suppressions.Read(null, []).Cover("u1"u8));
}

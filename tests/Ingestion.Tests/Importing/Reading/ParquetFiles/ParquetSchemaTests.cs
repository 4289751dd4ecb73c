using Cdp.Ingestion.Importing.Reading.ParquetFiles;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing.Reading.ParquetFiles;

public sealed class ParquetSchemaTests
{
    [Fact]
    public void Columns_NestedSchema_ReturnsTheMembersOfTheRoot()
    {
        var faults = new List<string>();
        var columns = ParquetSchema.Columns([Group("root", 3), Leaf("a"), Group("b", 2), Group("c", 1), Leaf("x"), Leaf("X"), Leaf("A")], faults);

        Assert.Equal(["a", "b", "A"], columns);
        Assert.Empty(faults);
    }

    [Fact]
    public void Columns_NoColumns_ReportsAFault()
    {
        var faults = new List<string>();
        Assert.Empty(ParquetSchema.Columns([Group("root", 0)], faults));

        Assert.Equal(["there are no columns; write at least type, userId and event"], faults);
    }

    [Fact]
    public void Columns_NestedTooDeep_ReportsAFault()
    {
        var faults = new List<string>();
        ParquetSchema.Columns([.. Enumerable.Range(0, 100_000).Select(_ => Group("a", 1)), Leaf("x")], faults);

        Assert.Equal(["column 'a' is nested deeper than 64 levels; flatten it, or write it as a JSON text"], faults);
    }

    private static ParquetElement Group(string name, int members) => new(name, members, "", "", 0);

    private static ParquetElement Leaf(string name) => new(name, 0, "", "", 0);
}

using Xunit;

namespace Cdp.Architecture.Tests.Documentation;

public sealed class MarkdownDocumentTests
{
    [Fact]
    public void Links_CodeAndProse_OnlyThoseOfProse()
    {
        var document = new MarkdownDocument("""
            See [one](a.md) and `[code](b.md)`, and [`two`](c.md#part "title").

                [indented](d.md)

            ```
            [fenced](e.md)
            ```
            - an item
              ![continued](f.png)
            """);
        Assert.Equal(["a.md", "c.md#part", "f.png"], document.Links);
    }

    [Fact]
    public void Anchors_Headings_AreThoseOfGitHub()
    {
        var document = new MarkdownDocument("""
            # What's in `dead`?
            ## Kafka, Redis & co
            ## [Linked](a.md) title
            ## Options
            ## Options
            """);
        Assert.Equal(["whats-in-dead", "kafka-redis--co", "linked-title", "options", "options-1"], document.Anchors);
    }

    [Fact]
    public void CodeSpans_SeveralInALine_AreAll() =>
        Assert.Equal(["a", "b c", "d`e"], new MarkdownDocument("`a`, `b c` and `` d`e ``").CodeSpans);

    [Fact]
    public void Tables_Rows_WithoutTheSeparator()
    {
        var document = new MarkdownDocument("""
            | key | value |
            | --- | :-: |
            | `a\|b` | 1 |

            text
            """);
        var table = Assert.Single(document.Tables);
        Assert.Equal([["key", "value"], ["`a|b`", "1"]], table);
    }
}

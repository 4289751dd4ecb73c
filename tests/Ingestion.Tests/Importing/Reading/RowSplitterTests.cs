using System.Security.Cryptography;
using System.Text;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Importing.Reading.CsvFiles;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing.Reading;

public sealed class RowSplitterTests
{
    private static readonly Gen<int[]> Cuts = Gen.Int[1, 40].Array[1, 60];

    [Fact]
    public void Split_AnyLinesInAnyChunks_ReturnsEveryLine() =>
        Gen.Select(
            Gen.OneOf(Gen.String[Gen.Char['a', 'f'], 0, 30], Gen.Const(""), Gen.Const(" \r"), Gen.Const("é\"\"x\r")).Array[0, 30],
            Cuts,
            Gen.Bool,
            Gen.Bool).Sample((lines, cuts, isMarked, ends) =>
        {
            var text = (isMarked ? "\uFEFF" : "") + string.Join('\n', lines) + (ends && lines.Length > 0 ? "\n" : "");
            var rows = Split(Encoding.UTF8.GetBytes(text), separator: null, cuts, out var end);

            var expected = lines.Select((line, i) => (Line: i + 1L, Text: line.EndsWith('\r') ? line[..^1] : line)).Where(line => line.Text.Trim().Length > 0);
            Assert.Equal(expected, rows.Select(row => (row.Line, row.Text)));
            AssertEnd(text, end);
        });

    [Fact]
    public void Split_AnyCsvInAnyChunks_ReturnsEveryField() =>
        Gen.Select(
            Gen.OneOf(Gen.String[Gen.Char['a', 'f'], 0, 8], Gen.String[Gen.Char["a\",\n\r é"], 0, 8]).Array[3].Array[1, 20],
            Cuts,
            Gen.OneOf(Gen.Const("\n"), Gen.Const("\r\n")),
            Gen.Bool).Sample((table, cuts, lineEnd, ends) =>
        {
            // The first column is never blank, because blank rows are skipped.
            var records = table.Select(record => new[] { "k" + record[0], record[1], record[2] }).ToArray();
            var text = string.Join(lineEnd, records.Select(record => string.Join(',', record.Select(Quoted)))) + (ends ? lineEnd : "");
            var rows = Split(Encoding.UTF8.GetBytes(text), (byte)',', cuts, out var end);

            Assert.Equal(records.Select(record => string.Join('|', record)), rows.Select(row => string.Join('|', Fields(row.Text))));
            Assert.Equal(LineNumbers(records, lineEnd), rows.Select(row => row.Line));
            AssertEnd(text, end);
        });

    [Fact]
    public void Split_UpToAPosition_HasTheHashOfThatPosition() =>
        Gen.Select(Gen.String[Gen.Char['a', 'f'], 1, 30].Array[2, 30], Cuts, Cuts).Sample((lines, cuts, otherCuts) =>
        {
            var bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines));
            var half = string.Join('\n', lines.Take(lines.Length / 2)).Length + 1;
            using var splitter = new RowSplitter(separator: null);
            using var batch = new RowBatch();
            var position = 0;
            foreach (var chunk in Chunks(bytes, cuts))
            {
                var consumed = splitter.Split(chunk, batch, half);
                position += consumed;
                if (splitter.Bytes >= half) break;
            }
            Assert.Equal((half, half, lines.Length / 2), ((int)splitter.Bytes, position, batch.Rows.Count));

            var reached = splitter.Position;
            Split(bytes.AsSpan(0, half).ToArray(), separator: null, otherCuts, out var other);
            Assert.True(reached.IsSameAs(other));
        });

    [Fact]
    public void Split_EveryRowEnd_IsAValidEndOfTheFile() =>
        Gen.Select(Gen.OneOf(Gen.String[Gen.Char['a', 'f'], 0, 30], Gen.Const("\"x\ny\"")).Array[1, 30], Cuts, Cuts).Sample((lines, cuts, otherCuts) =>
        {
            var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
            using var splitter = new RowSplitter((byte)',', endsRows: true);
            using var batch = new RowBatch();
            foreach (var chunk in Chunks(bytes, cuts)) splitter.Split(chunk, batch);

            foreach (var row in batch.Rows)
            {
                Split(bytes.AsSpan(0, (int)row.End.Bytes).ToArray(), (byte)',', otherCuts, out var end);
                Assert.True(row.End.IsSameAs(end));
            }
            Split(bytes, (byte)',', otherCuts, out var whole);
            Assert.True(splitter.Position.IsSameAs(whole));
        });

    [Fact]
    public void Split_RowTooLong_KeepsItsBeginningAndCountsItsBytes()
    {
        var text = new string('a', RowSplitter.MaxRow + 10) + "\nb\n";
        using var splitter = new RowSplitter(separator: null);
        using var batch = new RowBatch();
        foreach (var chunk in Encoding.UTF8.GetBytes(text).Chunk(64 * 1024))
        {
            var start = 0;
            while (start < chunk.Length) start += splitter.Split(chunk.AsSpan(start), batch);
        }

        Assert.Equal([(1L, RowSplitter.MaxRow, RowSplitter.MaxRow + 10L), (2L, 1, 1L)], batch.Rows.Select(row => (row.Line, row.Raw.Length, row.Size)));
        AssertEnd(text, splitter.Position);
    }

    [Fact]
    public void End_InsideQuotes_MarksTheRowUnclosed()
    {
        using var splitter = new RowSplitter((byte)',');
        using var batch = new RowBatch();
        splitter.Split("a,b\n1,\"x\n2,y\n"u8, batch);
        splitter.End(batch);

        Assert.Equal([(1L, false), (2L, true)], batch.Rows.Select(row => (row.Line, row.Unclosed)));
    }

    private static List<(long Line, string Text)> Split(byte[] bytes, byte? separator, int[] cuts, out FilePosition end)
    {
        using var splitter = new RowSplitter(separator);
        var rows = new List<(long, string)>();
        foreach (var chunk in Chunks(bytes, cuts))
        {
            var start = 0;
            while (start < chunk.Length)
            {
                using var batch = new RowBatch(maxRows: 3);
                start += splitter.Split(chunk.AsSpan(start), batch);
                rows.AddRange(batch.Rows.Select(row => (row.Line, Encoding.UTF8.GetString(batch.Of(row)))));
            }
        }
        using var last = new RowBatch();
        splitter.End(last);
        rows.AddRange(last.Rows.Select(row => (row.Line, Encoding.UTF8.GetString(last.Of(row)))));
        end = splitter.Position;
        return rows;
    }

    private static IEnumerable<byte[]> Chunks(byte[] bytes, int[] cuts)
    {
        for (int start = 0, i = 0; start < bytes.Length; start += cuts[i % cuts.Length], i++)
        {
            yield return bytes[start..Math.Min(bytes.Length, start + cuts[i % cuts.Length])];
        }
    }

    private static void AssertEnd(string text, FilePosition end)
    {
        var bytes = Encoding.UTF8.GetBytes(text.Length > 0 && !text.EndsWith('\n') ? text + "\n" : text);
        Assert.Equal((bytes.Length, bytes.Count(b => b == '\n')), (end.Bytes, end.Lines));
        Assert.Equal(SHA256.HashData(bytes), end.Hash.ToArray());
    }

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny("\",\n\r") >= 0 ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    private static IEnumerable<string> Fields(string row)
    {
        var (fields, bytes, buffer) = (new List<CsvField>(), Encoding.UTF8.GetBytes(row), Array.Empty<byte>());
        Assert.True(CsvFields.TrySplit(bytes, (byte)',', fields));
        return fields.Select(field => Encoding.UTF8.GetString(field.Text(bytes, ref buffer)));
    }

    private static IEnumerable<long> LineNumbers(string[][] records, string lineEnd)
    {
        var line = 1L;
        foreach (var record in records)
        {
            yield return line;
            line += (string.Concat(record) + lineEnd).Count(c => c == '\n');
        }
    }
}

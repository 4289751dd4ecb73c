using System.Text;
using System.Text.Json;
using Cdp.Validation.Plans;

namespace Cdp.Validation;

/// <summary>Takes members out of a JSON text. What stays keeps its bytes: spelling of numbers, white space, order.</summary>
public static class Omission
{
    /// <param name="json">A JSON text that can be parsed.</param>
    /// <param name="members">JSON Pointers of object members. Every occurrence of a repeated name goes.</param>
    public static string Without(string json, IReadOnlySet<string> members)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var reader = JsonTree.Reader(bytes);
        var cuts = new List<(int Start, int End)>();
        reader.Read();
        Scan(ref reader, "", members, cuts);

        var (kept, position) = (new MemoryStream(bytes.Length), 0);
        foreach (var (start, end) in cuts.Order())
        {
            kept.Write(bytes, position, start - position);
            position = end;
        }
        kept.Write(bytes, position, bytes.Length - position);
        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }

    private static void Scan(ref Utf8JsonReader reader, string pointer, IReadOnlySet<string> gone, List<(int Start, int End)> cuts)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++) Scan(ref reader, $"{pointer}/{index}", gone, cuts);
        }
        if (reader.TokenType != JsonTokenType.StartObject) return;

        var members = new List<(int Start, int End, bool Gone)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var start = (int)reader.TokenStartIndex;
            var member = $"{pointer}/{JsonTree.Escape(JsonTree.Text(ref reader))}";
            var isGone = gone.Contains(member);
            reader.Read();
            if (isGone) reader.Skip();
            else Scan(ref reader, member, gone, cuts);
            members.Add((start, (int)reader.BytesConsumed, isGone));
        }
        Cut(members, cuts);
    }

    // A member goes with the comma before it; where nothing before it stays, with the comma behind it.
    private static void Cut(List<(int Start, int End, bool Gone)> members, List<(int Start, int End)> cuts)
    {
        var kept = members.FindIndex(member => !member.Gone);
        if (members.Count > 0 && kept != 0) cuts.Add((members[0].Start, kept < 0 ? members[^1].End : members[kept].Start));
        for (var i = kept + 1; kept >= 0 && i < members.Count; i++)
        {
            if (members[i].Gone) cuts.Add((members[i - 1].End, members[i].End));
        }
    }
}

using System.Text;
using System.Text.Json;
using Newtonsoft.Json.Linq;

namespace Cdp.Validation.Json;

/// <summary>Removes members from a JSON text. The rest keeps its bytes: notation of numbers, white space, order.</summary>
public static class MemberRemoval
{
    /// <summary>The text without some members.</summary>
    /// <param name="json">A valid JSON text.</param>
    /// <param name="root">Its tree.</param>
    /// <param name="members">The values of the members to remove, as references into the tree. If a name is repeated, every occurrence is removed.</param>
    public static string Remove(string json, JToken root, IReadOnlySet<object?> members)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var reader = JsonTree.Reader(bytes);
        var cuts = new List<(int Start, int End)>();
        reader.Read();
        Scan(ref reader, root, members, cuts);

        var (kept, position) = (new MemoryStream(bytes.Length), 0);
        foreach (var (start, end) in cuts.Order())
        {
            kept.Write(bytes, position, start - position);
            position = end;
        }
        kept.Write(bytes, position, bytes.Length - position);
        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }

    // Finds the cuts, walking through the text and the tree in parallel. If a name is repeated, the tree has only its last occurrence, so an earlier occurrence
    // with another shape has no value in the tree.
    private static void Scan(ref Utf8JsonReader reader, JToken? value, IReadOnlySet<object?> removed, List<(int Start, int End)> cuts)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            for (var element = (value as JArray)?.First; reader.Read() && reader.TokenType != JsonTokenType.EndArray; element = element?.Next)
            {
                Scan(ref reader, element, removed, cuts);
            }
        }
        if (reader.TokenType != JsonTokenType.StartObject) return;

        var members = new List<(int Start, int End, bool IsRemoved)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var start = (int)reader.TokenStartIndex;
            var member = (value as JObject)?[JsonTree.Text(ref reader)];
            var isRemoved = member is not null && removed.Contains(member);
            reader.Read();
            if (isRemoved) reader.Skip();
            else Scan(ref reader, member, removed, cuts);
            members.Add((start, (int)reader.BytesConsumed, isRemoved));
        }
        Cut(members, cuts);
    }

    // A member is removed with the comma before it, or with the comma after it if no member before it is kept.
    private static void Cut(List<(int Start, int End, bool IsRemoved)> members, List<(int Start, int End)> cuts)
    {
        var kept = members.FindIndex(member => !member.IsRemoved);
        if (members.Count > 0 && kept != 0) cuts.Add((members[0].Start, kept < 0 ? members[^1].End : members[kept].Start));
        for (var i = kept + 1; kept >= 0 && i < members.Count; i++)
        {
            if (members[i].IsRemoved) cuts.Add((members[i - 1].End, members[i].End));
        }
    }
}

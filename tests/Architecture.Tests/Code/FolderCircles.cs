namespace Cdp.Architecture.Tests.Code;

/// <summary>Finds folders that depend on each other, directly or through others.</summary>
internal static class FolderCircles
{
    /// <summary>
    /// One line for each step of a circle, with the files that cause it.
    /// Folders are compared at every depth: <c>A/B</c> and <c>C/D</c> themselves, and their parents <c>A</c> and <c>C</c>.
    /// The project's own folder is <c>.</c> and counts as one, so files that other folders need cannot be in it.
    /// </summary>
    /// <param name="uses">Which file uses types of which other file, as paths relative to the project.</param>
    public static IEnumerable<string> Find(IReadOnlyCollection<(string User, string Used, string Type)> uses)
    {
        var depths = uses.Max(use => (int?)Math.Max(Depth(use.User), Depth(use.Used))) ?? 0;
        return Enumerable.Range(1, depths).SelectMany(depth => FindAt(depth, uses)).Distinct();
    }

    private static IEnumerable<string> FindAt(int depth, IReadOnlyCollection<(string User, string Used, string Type)> uses)
    {
        var edges = uses.Select(use => (From: Folder(use.User, depth), To: Folder(use.Used, depth), Use: use)).Where(edge => edge.From != edge.To)
            .GroupBy(edge => (edge.From, edge.To)).ToDictionary(group => group.Key, group => group.First().Use);
        var next = edges.Keys.ToLookup(edge => edge.From, edge => edge.To);
        foreach (var (from, to) in edges.Keys.Order())
        {
            if (!Reachable(to, next).Contains(from)) continue;
            var use = edges[(from, to)];
            yield return $"{from} and {to} depend on each other: {use.User} uses {use.Type} of {use.Used}";
        }
    }

    private static HashSet<string> Reachable(string start, ILookup<string, string> next)
    {
        HashSet<string> found = [start];
        Stack<string> open = new([start]);
        while (open.TryPop(out var folder))
        {
            foreach (var other in next[folder].Where(found.Add)) open.Push(other);
        }
        return found;
    }

    private static int Depth(string file) => file.Count(character => character == '/');

    private static string Folder(string file, int depth) => file.Split('/')[..^1] is { Length: > 0 } folders ? string.Join('/', folders.Take(depth)) : ".";
}

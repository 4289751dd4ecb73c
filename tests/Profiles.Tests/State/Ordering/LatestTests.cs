using Cdp.Profiles.State.Ordering;
using CsCheck;

namespace Cdp.Profiles.Tests.State.Ordering;

public sealed class LatestTests
{
    private const int Limit = 4;

    [Fact]
    public void Add_AnyOrderAndDivision_KeepsLatestElementsOfLatestKeys() =>
        Gen.Select(Gen.Select(Gen.Int[0, 8], Gen.Int[0, 5]).Array[0, 40], Gen.Int, Gen.Int[0, 40]).Sample((stamped, seed, cut) =>
        {
            var latest = stamped.GroupBy(e => e.Item1).Select(key => key.MaxBy(e => e.Item2));
            var expected = latest.OrderByDescending(e => e.Item2).ThenByDescending(e => e.Item1).Take(Limit).Order();
            new Random(seed).Shuffle(stamped);
            var merged = Added(Added([], stamped.Take(cut)), Added([], stamped.Skip(cut)));
            Assert.Equal(expected, merged);
        });

    private static List<(int Key, int Stamp)> Added(List<(int Key, int Stamp)> list, IEnumerable<(int Key, int Stamp)> elements)
    {
        foreach (var element in elements)
        {
            Latest.Add(list, element, Limit, (a, b) => a.Key.CompareTo(b.Key), (a, b) => a.Stamp.CompareTo(b.Stamp));
        }
        return list;
    }
}

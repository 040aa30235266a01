package runtime

import (
	"context"
	"fmt"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// GeoPos is a position.
type GeoPos struct {
	Longitude, Latitude float64
}

// GeoLocationCmd is the result of GEORADIUS and GEORADIUSBYMEMBER.
type GeoLocationCmd struct {
	valueCmd[[]GeoLocation]
	q GeoRadiusQuery
}

// NewGeoLocationCmd returns a command that was not sent yet; the query's words
// follow args.
func NewGeoLocationCmd(ctx context.Context, q *GeoRadiusQuery, args ...interface{}) *GeoLocationCmd {
	cmd := &GeoLocationCmd{q: *q}
	cmd.baseCmd = baseCmd{ctx: ctx, args: q.args(args), kind: CmdTypeGeoLocation}
	return cmd
}

// NewGeoLocationCmdResult returns a command with a result, for tests.
func NewGeoLocationCmdResult(val []GeoLocation, err error) *GeoLocationCmd {
	var cmd GeoLocationCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *GeoLocationCmd) readReply(r resp.Reply, proto int) (err error) {
	q := &cmd.q
	cmd.val, err = readLocations(r, proto, q.WithDist, q.WithGeoHash, q.WithCoord, true)
	return err
}

// Clone copies the command and its result.
func (cmd *GeoLocationCmd) Clone() Cmder {
	cmd.await()
	twin := &GeoLocationCmd{q: cmd.q}
	twin.baseCmd, twin.val = cmd.cloneBase(), cloneSlice(cmd.val)
	return twin
}

// GeoSearchLocationCmd is the result of GEOSEARCH with what was asked of each
// member.
type GeoSearchLocationCmd struct {
	valueCmd[[]GeoLocation]
	q GeoSearchLocationQuery
}

// NewGeoSearchLocationCmd returns a command that was not sent yet; the query's
// words follow args.
func NewGeoSearchLocationCmd(ctx context.Context, opt *GeoSearchLocationQuery, args ...interface{}) *GeoSearchLocationCmd {
	cmd := &GeoSearchLocationCmd{q: *opt}
	cmd.baseCmd = baseCmd{ctx: ctx, args: opt.args(args), kind: CmdTypeGeoSearchLocation}
	return cmd
}

func (cmd *GeoSearchLocationCmd) readReply(r resp.Reply, proto int) (err error) {
	q := &cmd.q
	cmd.val, err = readLocations(r, proto, q.WithDist, q.WithHash, q.WithCoord, false)
	return err
}

// Clone copies the command and its result.
func (cmd *GeoSearchLocationCmd) Clone() Cmder {
	cmd.await()
	twin := &GeoSearchLocationCmd{q: cmd.q}
	twin.baseCmd, twin.val = cmd.cloneBase(), cloneSlice(cmd.val)
	return twin
}

// readLocations reads members with what was asked for. exact refuses elements
// with more than that.
func readLocations(r resp.Reply, proto int, dist, hash, coord, exact bool) ([]GeoLocation, error) {
	items, err := readArray(r, proto)
	if err != nil {
		return nil, err
	}
	want := 1
	for _, with := range []bool{dist, hash, coord} {
		if with {
			want++
		}
	}
	out := make([]GeoLocation, len(items))
	for i, item := range items {
		l := &out[i]
		if want == 1 && item.Kind == resp.Bulk {
			l.Name = item.Str
			continue
		}
		parts, err := readArray(item, proto)
		if err != nil {
			return nil, err
		}
		if len(parts) < want || exact && len(parts) > want {
			return nil, fmt.Errorf("redis: got %d elements in GEOSEARCH reply, expected at least %d", len(parts), want)
		}
		if l.Name, err = readString(parts[0], proto); err != nil {
			return nil, err
		}
		parts = parts[1:]
		if dist {
			if l.Dist, err = readFloat(parts[0], proto); err != nil {
				return nil, err
			}
			parts = parts[1:]
		}
		if hash {
			if l.GeoHash, err = readInt(parts[0], proto); err != nil {
				return nil, err
			}
			parts = parts[1:]
		}
		if coord {
			pos, err := readPosition(parts[0], proto)
			if err != nil {
				return nil, err
			}
			l.Longitude, l.Latitude = pos.Longitude, pos.Latitude
		}
	}
	return out, nil
}

func readPosition(r resp.Reply, proto int) (*GeoPos, error) {
	xy, err := readFixed(r, proto, 2)
	if err != nil {
		return nil, err
	}
	var pos GeoPos
	if pos.Longitude, err = readFloat(xy[0], proto); err != nil {
		return nil, err
	}
	pos.Latitude, err = readFloat(xy[1], proto)
	return &pos, err
}

// readPositions reads the reply of GEOPOS; a member that is not there has no
// position.
var readPositions = readList(readPosition)

func clonePositions(from []*GeoPos) []*GeoPos {
	to := cloneSlice(from)
	for i, pos := range to {
		to[i] = clonePtr(pos)
	}
	return to
}

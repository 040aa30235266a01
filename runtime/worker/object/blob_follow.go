package object

import "fmt"

// FollowR2 says what R2 is to do next: an output, and behind it the task.
func (o *Object) FollowR2(now int64) []byte {
	o.begin(now, 0)
	task := blobFloat([]byte{noBlobTask}, float64(o.now+blobRetryFirst*1000))
	err := o.ready()
	if err == nil {
		task, err = o.r2.task(o.now, nil)
	}
	if err != nil {
		o.status = 1
		o.in.log(2, fmt.Sprintf("redis2cf: what %s has in R2 is not looked through for now: %v", o.name, err))
	}
	return blobBytes(o.end(), string(task))
}

// FollowedR2 takes what became of the last task.
func (o *Object) FollowedR2(now int64, receipt []byte) []byte {
	o.begin(now, 0)
	if err := o.ready(); err != nil {
		o.status = 1
	} else if err := o.r2.receipt(o.now, receipt); err != nil {
		o.in.log(2, fmt.Sprintf("redis2cf: what %s has in R2 is not looked through for now: %v", o.name, err))
	}
	return o.end()
}
